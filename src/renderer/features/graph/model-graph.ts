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

export function buildModelGraph({ inspection, graph }: ModelView): ModelGraph {
  const made: DrawnNode[] = []
  const producerOf = new Map<string, string>()
  const add = (id: string, title: string, subtitle: string, family: Family, view: GraphNodeView | null) =>
    made.push({ id, title, subtitle, family, view, width: widthFor(title, subtitle) })

  for (const value of inspection.inputs) {
    add(`in:${value.name}`, value.name, value.shape.join('×'), 'io', null)
    producerOf.set(value.name, `in:${value.name}`)
  }
  for (const node of graph) {
    add(node.name, node.op, shapeText(node.shapes), familyOf(node.op), node)
    for (const value of node.outputs) producerOf.set(value, node.name)
  }
  const edges: [string, string][] = []
  const seen = new Set<string>()
  const producers = new Map<string, string[]>()
  const consumers = new Map<string, string[]>()
  const connect = (value: string, to: string) => {
    const from = producerOf.get(value)
    if (from === undefined || from === to || seen.has(`${from}\n${to}`)) return
    seen.add(`${from}\n${to}`)
    edges.push([from, to])
    producers.set(to, [...(producers.get(to) ?? []), from])
    consumers.set(from, [...(consumers.get(from) ?? []), to])
  }
  for (const node of graph) for (const value of node.inputs) connect(value, node.name)
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
