/** From the contract's view of a model to nodes and edges to draw, with neighbours for the keyboard. */
import type { GraphNodeView, ModelView } from '../../../contract'
import type { LayoutInput } from './layout'

export interface DrawnNode {
  readonly id: string
  readonly title: string
  readonly subtitle: string
  readonly family: Family
  readonly view: GraphNodeView | null
  readonly width: number
  /** Drawn as a bar along the node's foot; absent: none. */
  readonly mark?: NodeMark | undefined
}

/** How much of a node is left, or that it is on one side of a comparison only. */
export interface NodeMark {
  /** Share of its width that stays, 0..1. */
  readonly kept: number
  readonly tone: 'kept' | 'gone' | 'new'
}

export interface GraphMarks {
  /** What to write under an operator, and the bar; null: as it is. */
  describe?(node: GraphNodeView): { readonly subtitle: string; readonly mark?: NodeMark } | null
  /** Edges between nodes by name that the values alone do not tell. */
  readonly edges?: readonly (readonly [from: string, to: string])[]
}

export type Family = 'io' | 'linear' | 'normal' | 'activation' | 'pool' | 'join' | 'shape'

export interface ModelGraph {
  readonly nodes: readonly DrawnNode[]
  readonly byId: ReadonlyMap<string, DrawnNode>
  readonly producers: ReadonlyMap<string, readonly string[]>
  readonly consumers: ReadonlyMap<string, readonly string[]>
  readonly input: LayoutInput
}

export const nodeHeight = 40

const families: [Family, RegExp][] = [
  ['linear', /^(Conv|ConvTranspose|Gemm|MatMul|Einsum|LSTM|GRU|RNN)/],
  ['normal', /(Normalization|LRN)$/],
  [
    'activation',
    /^(Relu|LeakyRelu|PRelu|Clip|Sigmoid|HardSigmoid|HardSwish|Tanh|Softmax|LogSoftmax|Elu|Selu|Gelu|Swish|Erf|Mish)/,
  ],
  ['pool', /Pool|^Reduce/],
  ['join', /^(Add|Sum|Mul|Sub|Div|Concat|Max|Min)$/],
]

export const familyOf = (op: string): Family => families.find(([, pattern]) => pattern.test(op))?.[0] ?? 'shape'

/** Seven pixels a letter: close enough for a box, and the same without a canvas. */
const widthFor = (title: string, subtitle: string): number =>
  Math.min(260, Math.max(104, 30 + 7.8 * Math.max(title.length, 0.9 * subtitle.length)))

const shapeText = (shapes: GraphNodeView['shapes']): string => shapes[0]?.join('×') ?? ''

export function buildModelGraph({ inspection, graph }: ModelView, marks: GraphMarks = {}): ModelGraph {
  const made: DrawnNode[] = []
  const producerOf = new Map<string, string>()
  const add = (
    id: string,
    title: string,
    subtitle: string,
    family: Family,
    view: GraphNodeView | null,
    mark?: NodeMark,
  ) => made.push({ id, title, subtitle, family, view, width: widthFor(title, subtitle), mark })

  for (const value of inspection.inputs) {
    add(`in:${value.name}`, value.name, value.shape.join('×'), 'io', null)
    producerOf.set(value.name, `in:${value.name}`)
  }
  for (const node of graph) {
    const said = marks.describe?.(node)
    add(node.name, node.op, said?.subtitle ?? shapeText(node.shapes), familyOf(node.op), node, said?.mark)
    for (const value of node.outputs) producerOf.set(value, node.name)
  }
  const edges: [string, string][] = []
  const seen = new Set<string>()
  const producers = new Map<string, string[]>()
  const consumers = new Map<string, string[]>()
  const connect = (value: string, to: string) => join(producerOf.get(value), to)
  const join = (from: string | undefined, to: string) => {
    if (from === undefined || from === to || seen.has(`${from}\n${to}`)) return
    seen.add(`${from}\n${to}`)
    edges.push([from, to])
    producers.set(to, [...(producers.get(to) ?? []), from])
    consumers.set(from, [...(consumers.get(from) ?? []), to])
  }
  for (const node of graph) for (const value of node.inputs) connect(value, node.name)
  for (const [from, to] of marks.edges ?? []) join(from, to)
  for (const value of inspection.outputs) {
    add(`out:${value.name}`, value.name, value.shape.join('×'), 'io', null)
    connect(value.name, `out:${value.name}`)
  }
  return {
    nodes: made,
    byId: new Map(made.map((node) => [node.id, node])),
    producers,
    consumers,
    input: { nodes: made.map((node) => ({ id: node.id, width: node.width, height: nodeHeight })), edges },
  }
}
