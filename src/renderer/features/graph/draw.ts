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
  const right = left + size.width / camera.scale
  const bottom = top + size.height / camera.scale
  const dimmed = emphasis.members.size > 0

  for (const edge of layout.edges) {
    let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity]
    for (const { x, y } of edge.points) {
      x1 = Math.min(x1, x)
      y1 = Math.min(y1, y)
      x2 = Math.max(x2, x)
      y2 = Math.max(y2, y)
    }
    if (x2 < left || x1 > right || y2 < top || y1 > bottom) continue
    const near = edge.from === emphasis.selected || edge.to === emphasis.selected
    const inside = dimmed && emphasis.members.has(edge.from) && emphasis.members.has(edge.to)
    context.strokeStyle = near || inside ? palette.accent : palette.text3
    context.fillStyle = context.strokeStyle
    context.globalAlpha = near || inside ? 1 : dimmed ? 0.25 : 0.55
    context.lineWidth = near || inside ? 2 : 1
    strokeEdge(context, edge.points)
  }

  context.textBaseline = 'middle'
  for (const node of graph.nodes) {
    const at = layout.nodes[node.id]
    if (!at) continue
    const x = at.x - node.width / 2
    const y = at.y - nodeHeight / 2
    if (x > right || x + node.width < left || y > bottom || y + nodeHeight < top) continue
    const member = emphasis.members.has(node.id)
    const match = emphasis.matches.has(node.id)
    const selected = node.id === emphasis.selected
    context.globalAlpha = dimmed && !member && !selected ? 0.4 : 1
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
    const edge = emphasis.blocked && member ? palette.bad : palette.accent
    context.strokeStyle = selected || member ? edge : match ? (palette.series[1] ?? edge) : palette.line
    context.lineWidth = selected ? 2.5 : member || match ? 1.75 : 1
    context.stroke()
    if (node.family !== 'io') {
      context.fillStyle = familyColor(node.family, palette)
      context.fillRect(x + 6, y + 8, 3, nodeHeight - 16)
    }
    if (node.mark) drawMark(context, node.mark, x + 15, y + nodeHeight - 5, node.width - 24, palette)
    if (camera.scale < textFrom) continue
    const inner = node.width - 24
    context.fillStyle = palette.text
    context.font = `600 12px ${font}`
    context.fillText(clip(context, node.title, inner), x + 15, y + (node.mark ? 12 : 14))
    context.fillStyle = palette.text2
    context.font = `11px ${font}`
    context.fillText(clip(context, node.subtitle, inner), x + 15, y + (node.mark ? 26 : 28))
  }
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
