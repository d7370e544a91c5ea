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

export function placeGraph({ nodes, edges }: LayoutInput): LayoutResult {
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
