/** Draws the graph on a canvas: only what is in sight, text only where it can be read. */
import type { Palette } from '../../charts/palette'
import type { LayoutResult, Placed } from './layout'
import { type Family, type ModelGraph, type NodeMark, nodeHeight } from './model-graph'

export interface Camera {
  /** Screen position of the graph's origin, and screen pixels a graph unit. */
  x: number
  y: number
  scale: number
}

export interface Emphasis {
  readonly selected: string | null
  /** Members of the group that is shown; the rest steps back. */
  readonly members: ReadonlySet<string>
  readonly blocked: boolean
  readonly matches: ReadonlySet<string>
}

const textFrom = 0.42
const font = 'system-ui, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", sans-serif'

const familyColor = (family: Family, palette: Palette): string => {
  const [green, orange, blue, purple, gold, , teal, grey] = palette.series
  const colors: Record<Family, string | undefined> = {
    io: palette.text3,
    linear: green,
    normal: blue,
    activation: orange,
    pool: purple,
    join: gold,
    shape: grey,
  }
  return colors[family] ?? teal ?? palette.text3
}

/** Measuring text costs more than drawing it, and the same labels are drawn on every frame. */
const clipped = new Map<string, string>()
const mostClipped = 20_000

function clip(context: CanvasRenderingContext2D, text: string, width: number): string {
  const key = `${context.font}\n${width}\n${text}`
  const known = clipped.get(key)
  if (known !== undefined) return known
  let shown = text
  if (context.measureText(text).width > width) {
    let end = text.length - 1
    while (end > 1 && context.measureText(`${text.slice(0, end)}…`).width > width) end -= 1
    shown = `${text.slice(0, end)}…`
  }
  if (clipped.size >= mostClipped) clipped.clear()
  clipped.set(key, shown)
  return shown
}

function strokeEdge(context: CanvasRenderingContext2D, points: readonly Placed[]): void {
  const [first] = points
  const last = points.at(-1)
  if (!first || !last) return
  context.beginPath()
  context.moveTo(first.x, first.y)
  for (let at = 1; at < points.length - 1; at++) {
    const [here, next] = [points[at], points[at + 1]]
    if (here && next) context.quadraticCurveTo(here.x, here.y, (here.x + next.x) / 2, (here.y + next.y) / 2)
  }
  context.lineTo(last.x, last.y)
  context.stroke()
  context.beginPath()
  context.moveTo(last.x, last.y)
  context.lineTo(last.x - 3.5, last.y - 6)
  context.lineTo(last.x + 3.5, last.y - 6)
  context.fill()
}

/** The whole bar is the original width, the filled part what is left of it. */
function drawMark(
  context: CanvasRenderingContext2D,
  { kept, tone }: NodeMark,
  x: number,
  y: number,
  width: number,
  palette: Palette,
): void {
  context.fillStyle = palette.line
  context.fillRect(x, y, width, 3)
  context.fillStyle =
    tone === 'gone' ? palette.bad : tone === 'new' ? (palette.series[2] ?? palette.accent) : palette.accent
  context.fillRect(x, y, tone === 'kept' ? width * Math.min(1, Math.max(0, kept)) : width, 3)
}

interface Sight {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

interface BoundEdge extends Sight {
  readonly edge: LayoutResult['edges'][number]
}

/** Where each edge lies, found once a layout and not once a frame. */
const bounds = new WeakMap<LayoutResult, readonly BoundEdge[]>()

function boundsOf(layout: LayoutResult): readonly BoundEdge[] {
  const known = bounds.get(layout)
  if (known) return known
  const found = layout.edges.map((edge) => {
    let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity]
    for (const { x, y } of edge.points) {
      left = Math.min(left, x)
      top = Math.min(top, y)
      right = Math.max(right, x)
      bottom = Math.max(bottom, y)
    }
    return { edge, left, top, right, bottom }
  })
  bounds.set(layout, found)
  return found
}

const overlaps = (a: Sight, b: Sight): boolean =>
  a.right >= b.left && a.left <= b.right && a.bottom >= b.top && a.top <= b.bottom

function drawEdges(
  context: CanvasRenderingContext2D,
  layout: LayoutResult,
  sight: Sight,
  emphasis: Emphasis,
  palette: Palette,
  far: boolean,
): void {
  const dimmed = emphasis.members.size > 0
  const stands = ({ from, to }: BoundEdge['edge']) =>
    from === emphasis.selected ||
    to === emphasis.selected ||
    (dimmed && emphasis.members.has(from) && emphasis.members.has(to))
  const inSight = boundsOf(layout).filter((bound) => overlaps(bound, sight))
  const set = (color: string, alpha: number, width: number) => {
    context.strokeStyle = color
    context.fillStyle = color
    context.globalAlpha = alpha
    context.lineWidth = width
  }
  set(palette.text3, dimmed ? 0.25 : 0.55, 1)
  if (far) {
    // Thousands of lines in one stroke; bends and arrow heads would be smaller than a pixel.
    context.beginPath()
    for (const { edge } of inSight) {
      edge.points.forEach(({ x, y }, at) => {
        if (at === 0) context.moveTo(x, y)
        else context.lineTo(x, y)
      })
    }
    context.stroke()
  } else for (const { edge } of inSight) if (!stands(edge)) strokeEdge(context, edge.points)
  set(palette.accent, 1, 2)
  for (const { edge } of inSight) if (stands(edge)) strokeEdge(context, edge.points)
}

type SeenNode = ModelGraph['nodes'][number] & { readonly x: number; readonly y: number }

/** Nodes that nothing distinguishes, as boxes with their family's colour: a path a colour, and not one a node. */
function drawPlainNodes(
  context: CanvasRenderingContext2D,
  nodes: readonly SeenNode[],
  palette: Palette,
  alpha: number,
) {
  context.globalAlpha = alpha
  context.beginPath()
  for (const { x, y, width } of nodes) context.rect(x, y, width, nodeHeight)
  context.fillStyle = palette.surface
  context.fill()
  context.strokeStyle = palette.line
  context.lineWidth = 1
  context.stroke()
  let family: Family | undefined
  for (const node of nodes.toSorted((a, b) => (a.family < b.family ? -1 : a.family > b.family ? 1 : 0))) {
    if (node.family !== family) context.fillStyle = familyColor(node.family, palette)
    family = node.family
    context.fillRect(node.x + 6, node.y + 8, 12, nodeHeight - 16)
  }
}

function drawNode(
  context: CanvasRenderingContext2D,
  node: SeenNode,
  emphasis: Emphasis,
  palette: Palette,
  far: boolean,
) {
  const { x, y } = node
  const member = emphasis.members.has(node.id)
  const selected = node.id === emphasis.selected
  context.globalAlpha = emphasis.members.size > 0 && !member && !selected ? 0.4 : 1
  context.beginPath()
  context.roundRect(x, y, node.width, nodeHeight, node.family === 'io' ? 20 : 5)
  context.fillStyle = palette.surface
  context.fill()
  if (member) {
    context.globalAlpha = 0.18
    context.fillStyle = emphasis.blocked ? palette.bad : palette.accent
    context.fill()
    context.globalAlpha = 1
  }
  const match = emphasis.matches.has(node.id)
  const edge = emphasis.blocked && member ? palette.bad : palette.accent
  context.strokeStyle = selected || member ? edge : match ? (palette.series[1] ?? edge) : palette.line
  context.lineWidth = selected ? 2.5 : member || match ? 1.75 : 1
  context.stroke()
  if (node.family !== 'io') {
    context.fillStyle = familyColor(node.family, palette)
    context.fillRect(x + 6, y + 8, 3, nodeHeight - 16)
  }
  if (node.mark) drawMark(context, node.mark, x + 15, y + nodeHeight - 5, node.width - 24, palette)
  if (far) return
  const inner = node.width - 24
  context.fillStyle = palette.text
  context.font = `600 12px ${font}`
  context.fillText(clip(context, node.title, inner), x + 15, y + (node.mark ? 12 : 14))
  context.fillStyle = palette.text2
  context.font = `11px ${font}`
  context.fillText(clip(context, node.subtitle, inner), x + 15, y + (node.mark ? 26 : 28))
}

export function drawGraph(
  context: CanvasRenderingContext2D,
  size: { width: number; height: number; ratio: number },
  graph: ModelGraph,
  layout: LayoutResult,
  camera: Camera,
  emphasis: Emphasis,
  palette: Palette,
): void {
  context.setTransform(size.ratio, 0, 0, size.ratio, 0, 0)
  context.clearRect(0, 0, size.width, size.height)
  context.translate(camera.x, camera.y)
  context.scale(camera.scale, camera.scale)
  const left = -camera.x / camera.scale
  const top = -camera.y / camera.scale
  const sight = { left, top, right: left + size.width / camera.scale, bottom: top + size.height / camera.scale }
  const far = camera.scale < textFrom

  drawEdges(context, layout, sight, emphasis, palette, far)
  context.textBaseline = 'middle'
  const plain: SeenNode[] = []
  const special: SeenNode[] = []
  for (const node of graph.nodes) {
    const at = layout.nodes[node.id]
    if (!at) continue
    const x = at.x - node.width / 2
    const y = at.y - nodeHeight / 2
    if (!overlaps({ left: x, top: y, right: x + node.width, bottom: y + nodeHeight }, sight)) continue
    const { members, matches, selected } = emphasis
    const stands = node.mark || node.id === selected || members.has(node.id) || matches.has(node.id)
    ;(far && !stands ? plain : special).push({ ...node, x, y })
  }
  drawPlainNodes(context, plain, palette, emphasis.members.size > 0 ? 0.4 : 1)
  for (const node of special) drawNode(context, node, emphasis, palette, far)
  context.globalAlpha = 1
}

/** The node under a point of the graph. */
export function nodeAt(graph: ModelGraph, layout: LayoutResult, x: number, y: number): string | null {
  for (const node of graph.nodes) {
    const at = layout.nodes[node.id]
    if (at && Math.abs(x - at.x) <= node.width / 2 && Math.abs(y - at.y) <= nodeHeight / 2) return node.id
  }
  return null
}
