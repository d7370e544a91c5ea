/** Places the nodes of a graph with dagre, top to bottom. Pure: runs in the worker, and in tests. */
import { graphlib, layout } from '@dagrejs/dagre'

export interface LayoutNode {
  readonly id: string
  readonly width: number
  readonly height: number
}

export interface LayoutInput {
  readonly nodes: readonly LayoutNode[]
  readonly edges: readonly (readonly [from: string, to: string])[]
}

export interface Placed {
  /** Centres. */
  readonly x: number
  readonly y: number
}

export interface LayoutResult {
  readonly nodes: Readonly<Record<string, Placed>>
  readonly edges: readonly { readonly from: string; readonly to: string; readonly points: readonly Placed[] }[]
  readonly width: number
  readonly height: number
}

/** Above this many nodes the faster ranking is used; the drawing is slightly longer, and there seconds earlier. */
const manyNodes = 400
/** Smaller pieces cost more to put together than they save. */
const smallestPiece = 40

/**
 * Above `manyNodes` the graph is cut where everything passes through one node, and the pieces are placed one below the
 * other: dagre calls itself once a layer, and a deep network would exhaust its stack.
 */
export function placeGraph(input: LayoutInput): LayoutResult {
  return input.nodes.length > manyNodes ? stack(pieces(input).map(placePiece)) : placePiece(input)
}

/** Nodes of a piece; the last one is the first one of the next. Nodes come in topological order. */
function pieces({ nodes, edges }: LayoutInput): LayoutInput[] {
  const place = new Map(nodes.map(({ id }, at) => [id, at]))
  const reach = new Int32Array(nodes.length)
  for (const [from, to] of edges) {
    const at = place.get(from) as number
    reach[at] = Math.max(reach[at] as number, place.get(to) as number)
  }
  const cuts = [0]
  let farthest = 0
  for (let at = 1; at < nodes.length; at++) {
    farthest = Math.max(farthest, reach[at - 1] as number)
    if (farthest <= at && at - (cuts.at(-1) as number) >= smallestPiece) cuts.push(at)
  }
  if ((cuts.at(-1) as number) < nodes.length - 1) cuts.push(nodes.length - 1)
  const last = cuts.length - 1
  const inside: [string, string][][] = cuts.map(() => [])
  // Cuts rise, so an edge's piece is found by its beginning.
  const pieceOf = new Int32Array(nodes.length)
  for (let piece = 0; piece < last; piece++) {
    for (let at = cuts[piece] as number; at < (cuts[piece + 1] as number); at++) pieceOf[at] = piece
  }
  for (const [from, to] of edges) inside[pieceOf[place.get(from) as number] as number]?.push([from, to])
  return Array.from({ length: last }, (_value, piece) => ({
    nodes: nodes.slice(cuts[piece], (cuts[piece + 1] as number) + 1),
    edges: inside[piece] ?? [],
  }))
}

/** Pieces one below the other, the shared nodes on top of each other. */
function stack(parts: readonly LayoutResult[]): LayoutResult {
  const nodes: Record<string, Placed> = {}
  const edges: LayoutResult['edges'][number][] = []
  let [left, right, bottom] = [0, 0, 0]
  for (const part of parts) {
    const shared = Object.keys(part.nodes).find((id) => nodes[id])
    const [to, from] = [shared ? nodes[shared] : undefined, shared ? part.nodes[shared] : undefined]
    const [dx, dy] = to && from ? [to.x - from.x, to.y - from.y] : [0, bottom]
    const moved = ({ x, y }: Placed): Placed => ({ x: x + dx, y: y + dy })
    for (const [id, at] of Object.entries(part.nodes)) nodes[id] = moved(at)
    for (const edge of part.edges) edges.push({ ...edge, points: edge.points.map(moved) })
    left = Math.min(left, dx)
    right = Math.max(right, dx + part.width)
    bottom = dy + part.height
  }
  const shift = ({ x, y }: Placed): Placed => ({ x: x - left, y })
  return {
    nodes: Object.fromEntries(Object.entries(nodes).map(([id, at]) => [id, shift(at)])),
    edges: edges.map((edge) => ({ ...edge, points: edge.points.map(shift) })),
    width: right - left,
    height: bottom,
  }
}

function placePiece({ nodes, edges }: LayoutInput): LayoutResult {
  const graph = new graphlib.Graph({ multigraph: false })
  graph.setGraph({
    rankdir: 'TB',
    nodesep: 24,
    ranksep: 28,
    marginx: 24,
    marginy: 24,
    ranker: nodes.length > manyNodes ? 'longest-path' : 'network-simplex',
  })
  graph.setDefaultEdgeLabel(() => ({}))
  for (const node of nodes) graph.setNode(node.id, { width: node.width, height: node.height })
  for (const [from, to] of edges) graph.setEdge(from, to)
  layout(graph)
  const size = graph.graph() as { width?: number; height?: number }
  return {
    nodes: Object.fromEntries(
      nodes.map(({ id }) => {
        const { x, y } = graph.node(id) as Placed
        return [id, { x, y }]
      }),
    ),
    edges: graph.edges().map(({ v, w }) => ({
      from: v,
      to: w,
      points: (graph.edge(v, w) as { points: Placed[] }).points.map(({ x, y }) => ({ x, y })),
    })),
    width: size.width ?? 0,
    height: size.height ?? 0,
  }
}
