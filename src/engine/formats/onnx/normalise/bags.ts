/**
 * EmbeddingBag over samples of equal length, as PyTorch's exporters write it: all ids behind each other, and a loop that
 * takes up the rows of each sample. Any number of samples at once are a Gather and a reduction over the ids of each.
 */
import { attributes, type Graph, type GraphNode, int, ints } from '../../../graph/graph'
import { float32, int64, type TensorData, toNumbers } from '../../../graph/tensor'
import { dropUnused } from '../../../graph/topology'
import { type Branch, readBranch } from '../branch'

/** What says nothing about the work that a body does. */
const silent = new Set(['Constant', 'Cast', 'CastLike', 'Identity'])

const innerOf = (node: GraphNode): Branch[] =>
  [...node.attributes.values()].flatMap((attribute) =>
    attribute.kind === 'graph' ? [readBranch(attribute.value, `${node.op} "${node.name}"`)] : [],
  )

/** The operators of a body in order, those of inner networks in brackets. */
function signature(body: Branch): string {
  const parts = body.nodes
    .filter(({ op }) => !silent.has(op))
    .map((node) => {
      const inner = innerOf(node)
      return inner.length === 0 ? node.op : `${node.op}(${inner.map(signature).sort().join('|')})`
    })
  return parts.join(' ')
}

const until = 'SequenceInsert Add Less'
const ranges = 'Reshape Add Slice Add Add Slice Equal'
const keptRows = 'Gather Add Gather Less Loop(Gather Less If(|Add) Equal Not If(|Reshape Concat) Add Less) Size Equal'

/** How the rows of a sample become one, and whether one id is left out. */
interface Kind {
  readonly by: 'Mean' | 'Sum' | 'Max'
  readonly padded: boolean
}

const plain = (by: Kind['by'], body: string): [string, Kind] => [body, { by, padded: false }]
const padded = (by: Kind['by'], body: string): [string, Kind] => [body, { by, padded: true }]

/** Bodies that the exporters write. */
const known: ReadonlyMap<string, Kind> = new Map([
  ...(['Mean', 'Sum', 'Max'] as const).map((by) =>
    plain(by, `Gather Gather Unsqueeze Unsqueeze Slice Gather Reduce${by}`),
  ),
  plain('Mean', `${ranges} If(|Slice Sub Equal If(ReduceMean|ReduceSum Shape Sub Greater If(|Div))) ${until}`),
  plain('Sum', `${ranges} If(|Slice ReduceSum) ${until}`),
  plain('Max', `${ranges} If(|Sub Equal If(Slice|Slice) ReduceMax) ${until}`),
  ...(['Mean', 'Sum'] as const).map((by) => padded(by, `${keptRows} If(|Gather Reduce${by}) ${until}`)),
])

/** Follows what renames a value back to what made it. */
function source(graph: Graph, value: string | undefined): GraphNode | undefined {
  let node = graph.producer(value ?? '')
  while (node && ['Identity', 'Cast'].includes(node.op)) node = graph.producer(node.inputs[0] ?? '')
  return node
}

const numberOf = (data: TensorData | undefined): number | undefined =>
  data?.data.length === 1 ? toNumbers(data)[0] : undefined

/** Whether a value is the second extent of `x`: a number, or asked for. */
function isLength(graph: Graph, value: string | undefined, x: string): boolean {
  const shape = graph.info(x)?.shape
  const stored = numberOf(graph.constants.get(value ?? ''))
  if (stored !== undefined) return shape?.length === 2 && shape[1] === stored
  const asked = source(graph, value)
  const of = asked?.op === 'Gather' ? source(graph, asked.inputs[0]) : undefined
  return of?.op === 'Shape' && of.inputs[0] === x && numberOf(graph.constants.get(asked?.inputs[1] ?? '')) === 1
}

/** The matrix of ids, one row a sample, whose ids lie behind each other in `flat` and whose rows begin at `starts`. */
function idsOf(graph: Graph, flat: string, starts: GraphNode | undefined): string | undefined {
  let laid = source(graph, flat)
  // The newer exporter flattens what is flat.
  while (laid?.op === 'Reshape' && source(graph, laid.inputs[0])?.op === 'Reshape') laid = source(graph, laid.inputs[0])
  const x = laid?.op === 'Reshape' ? laid.inputs[0] : undefined
  const target = numberOf(graph.constants.get(laid?.inputs[1] ?? ''))
  const range = starts?.op === 'Concat' ? source(graph, starts.inputs[0]) : undefined
  if (x === undefined || target !== -1 || range?.op !== 'Range') return undefined
  const first = numberOf(graph.constants.get(range.inputs[0] ?? ''))
  return first === 0 && isLength(graph, range.inputs[2], x) ? x : undefined
}

interface Bag {
  readonly table: string
  readonly ids: string
  readonly by: 'Mean' | 'Sum' | 'Max'
  /** The id that is left out. */
  readonly padding?: number
  readonly output: string
}

/** The older exporter reads the rows in the loop. */
function olderBag(graph: Graph, loop: GraphNode, body: Branch, by: Bag['by']): Bag | undefined {
  const made = (value: string | undefined) => body.nodes.find(({ outputs }) => outputs[0] === value)
  const reduce = made(body.outputs[1])
  const rows = made(reduce?.inputs[0])
  const cut = made(rows?.inputs[1])
  const start = made(made(cut?.inputs[1])?.inputs[0])
  if (rows?.op !== 'Gather' || cut?.op !== 'Slice' || start?.op !== 'Gather') return undefined
  if (start.inputs[1] !== body.inputs[0] || body.outputs.length !== 2) return undefined
  const ids = idsOf(graph, cut.inputs[0] as string, source(graph, start.inputs[0]))
  return ids === undefined ? undefined : { table: rows.inputs[0] as string, ids, by, output: loop.outputs[0] as string }
}

/** The id that the inner loop compares with. */
function paddingOf(graph: Graph, body: Branch): number | undefined {
  const inner = body.nodes.find(({ op }) => op === 'Loop')
  const [kept] = inner ? innerOf(inner) : []
  const compared = kept?.nodes.find(({ op }) => op === 'Equal')?.inputs[1] ?? ''
  const stored = kept?.constants.get(compared) ?? body.constants.get(compared) ?? graph.constants.get(compared)
  return numberOf(stored)
}

/** The newer exporter reads all rows before the loop, times weights of one, and joins a list of results. */
function newerBag(graph: Graph, loop: GraphNode, body: Branch, by: Bag['by'], padded: boolean): Bag | undefined {
  const reads = loop.inputs.map((name) => source(graph, name))
  const weighted = reads.find((node) => node?.op === 'Mul')
  const rows = source(graph, weighted?.inputs[0])
  const ones = source(graph, source(graph, weighted?.inputs[1])?.inputs[0])
  const one = ones?.op === 'Expand' ? numberOf(graph.constants.get(ones.inputs[0] ?? '')) : undefined
  const starts = reads.find((node) => node?.op === 'Concat')
  const joined = loop.outputs.flatMap((name) => graph.consumers(name)).find(({ op }) => op === 'ConcatFromSequence')
  const padding = padded ? paddingOf(graph, body) : undefined
  if (rows?.op !== 'Gather' || one !== 1 || !joined || (padded && padding === undefined)) return undefined
  const ids = idsOf(graph, rows.inputs[1] as string, starts)
  if (ids === undefined) return undefined
  const bag = { table: rows.inputs[0] as string, ids, by, output: joined.outputs[0] as string }
  return padding === undefined ? bag : { ...bag, padding }
}

function bagOf(graph: Graph, loop: GraphNode): Bag | undefined {
  const [body] = innerOf(loop)
  const found = body && known.get(signature(body))
  if (!found) return undefined
  return body.outputs.length === 2
    ? olderBag(graph, loop, body, found.by)
    : newerBag(graph, loop, body, found.by, found.padded)
}

/** The nodes that stand for a bag. */
function written(bag: Bag, constants: Map<string, TensorData>): GraphNode[] {
  const { table, ids, by, padding, output } = bag
  const nodes: GraphNode[] = []
  const emit = (op: string, role: string, inputs: string[], more: GraphNode['attributes'] = new Map()): string => {
    const name = role === '' ? output : `${output}/${role}`
    nodes.push({ name, op, domain: '', inputs, outputs: [name], attributes: more })
    return name
  }
  const store = (role: string, data: TensorData): string => {
    constants.set(`${output}/${role}`, data)
    return `${output}/${role}`
  }
  const rows = emit('Gather', 'rows', [table, ids], attributes({ axis: int(0) }))
  const axis = store('axis', int64([1], [1]))
  const gone = { keepdims: int(0) }
  if (padding === undefined) {
    if (by === 'Sum') emit('ReduceSum', '', [rows, axis], attributes(gone))
    else emit(`Reduce${by}`, '', [rows], attributes({ ...gone, axes: ints([1]) }))
    return nodes
  }
  const whole = emit('Cast', 'ids', [ids], attributes({ to: int(7) }))
  const left = emit('Equal', 'left_out', [whole, store('padding', int64([], [padding]))])
  const kept = emit('Cast', 'kept', [emit('Not', 'counts', [left])], attributes({ to: int(1) }))
  const each = emit('Unsqueeze', 'each', [kept, store('last', int64([1], [2]))])
  const sum = emit(
    'ReduceSum',
    by === 'Sum' ? '' : 'sum',
    [emit('Mul', 'masked', [rows, each]), axis],
    attributes(gone),
  )
  if (by === 'Sum') return nodes
  const count = emit('ReduceSum', 'count', [kept, axis], attributes({ keepdims: int(1) }))
  // A sample without any id answers with zeros.
  emit('Div', '', [sum, emit('Max', 'at_least', [count, store('one', float32([], Float32Array.of(1)))])])
  return nodes
}

/** @returns the graph with each such loop as a Gather and a reduction; the same graph where there is none */
export function withBags(graph: Graph): Graph {
  const bags = graph.nodes.flatMap((node) => (node.op === 'Loop' ? (bagOf(graph, node) ?? []) : []))
  if (bags.length === 0) return graph
  const constants = new Map(graph.constants)
  const made = new Map(bags.map((bag) => [bag.output, written(bag, constants)]))
  const nodes = graph.nodes.flatMap((node) => made.get(node.outputs[0] ?? '') ?? [node])
  return dropUnused(graph.with({ nodes, constants }))
}
