/** Elementwise operators of several operands with broadcasting: operands' units at the same place become one. */
import type { Dim } from '../graph/graph'
import { type DataType, type TensorData, toNumbers } from '../graph/tensor'
import {
  type CouplingContext,
  type InferContext,
  type Inferred,
  type Labels,
  type OpDefinition,
  registerOp,
} from './definition'
import { elementRules } from './elements'
import { clusterByAxes, expandLabels } from './labels'
import { lowerBroadcast, lowerNot } from './lower/elementwise'
import { broadcastShapes, oneSample } from './shapes'

const shift = (labels: Labels, by: number): Labels => ({ ...labels, axes: labels.axes.map((axis) => axis + by) })

/** Unites the operands' labels over the output's axes; constants with a full extent follow, others must be broadcast. */
export function coupleBroadcast(context: CouplingContext): void {
  const output = context.outputShape(0)
  const rank = output.length
  const extents = oneSample(output)
  const operands: { i: number; shape: readonly number[]; labels: Labels[] }[] = []
  for (let i = 0; i < context.node.inputs.length; i++) {
    if (!context.has(i)) continue
    const shape = oneSample(context.shape(i))
    const by = rank - shape.length
    operands.push({
      i,
      shape: [...Array<number>(by).fill(1), ...shape],
      // What stays anyway is like a value without units: it leaves the other operand's free along further axes.
      labels: context
        .labels(i)
        .filter((entry) => !context.stays(entry))
        .map((l) => shift(l, by)),
    })
  }
  // Entries of different operands that share an axis belong together.
  for (const operand of operands) {
    // A single unit that is spread over a wider axis is needed as long as anything of that axis is.
    const spread = operand.labels.filter((entry) => entry.axes.some((a) => operand.shape[a] === 1 && extents[a] !== 1))
    context.fix(spread, 'held.spread')
    operand.labels = operand.labels.filter((entry) => !spread.includes(entry))
  }
  for (const operand of operands) {
    for (const free of operand.labels.filter((entry) => entry.free)) {
      for (const other of operands) {
        const k = other.labels.findIndex(
          (entry) => entry.axes.length > 1 && entry.axes.includes(free.axes[0] as number),
        )
        const joint = other.labels[k]
        if (!joint) continue
        // Two axes cannot shrink at once: the one that nothing else needs stays.
        const rest = joint.axes.filter((axis) => axis !== free.axes[0])
        other.labels[k] = context.merge(joint, rest)
        context.fix([free], 'held.combined-across-axes')
        operand.labels = operand.labels.filter((entry) => entry !== free)
      }
    }
  }
  const clusters = clusterByAxes(operands.flatMap((operand) => operand.labels))
  const result: Labels[] = []
  for (const cluster of clusters) {
    const axes = [...new Set(cluster.flatMap((entry) => entry.axes))].sort((a, b) => a - b)
    const dims = axes.map((axis) => extents[axis] as number)
    const spread = cluster.map((entry) => expandLabels(entry, axes, dims))
    let united = spread[0] as Labels
    for (const other of spread.slice(1)) context.union(united.ids, other.ids)
    for (const operand of operands) {
      const own = operand.labels.some((entry) => cluster.includes(entry))
      if (own) continue
      const full = axes.filter((axis) => operand.shape[axis] !== 1)
      if (full.length === 0) continue
      const constant = context.constant(operand.i)
      if (constant && axes.length === 1) {
        context.bind(operand.i, (full[0] as number) - (rank - constant.dims.length), united.ids, 'passthrough')
      } else if (constant) {
        context.follow(operand.i, united)
      } else {
        // Along its axes nothing can go: a table of positions for the features leaves whole heads.
        const rest = united.axes.filter((axis) => !full.includes(axis))
        if (rest.length > 0) united = context.merge(united, rest)
        if (united.axes.some((axis) => full.includes(axis))) context.fix([united], 'held.combined-with-fixed')
      }
    }
    result.push(united)
  }
  context.set(0, [...result, ...storedAlone(context, operands, result, extents)])
}

/** Axes that stored operands alone spell out (scales of a layer times a computed number) follow what they meet later. */
function storedAlone(
  context: CouplingContext,
  operands: readonly { readonly i: number; readonly shape: readonly number[] }[],
  known: readonly Labels[],
  extents: readonly number[],
): Labels[] {
  return extents.flatMap((extent, axis) => {
    if (extent < 2 || known.some(({ axes }) => axes.includes(axis))) return []
    const full = operands.filter(({ shape }) => shape[axis] !== 1)
    if (!full.every(({ i }) => context.constant(i))) return []
    const entry = context.free(axis, extent)
    for (const { i } of full) {
      const { dims } = context.constant(i) as TensorData
      context.bind(i, axis - (extents.length - dims.length), entry.ids, 'passthrough')
    }
    return [entry]
  })
}

/** Small vectors and numbers only: elements have no order to broadcast by otherwise. */
const mostElementAxes = 1

/** Known elements of integer arithmetic, so that shapes that are computed in the graph are found. */
function combineElements(context: InferContext): readonly Dim[] | undefined {
  const rule = elementRules[context.node.op]
  const operands = context.node.inputs.map((_, i) => context.input(i))
  if (!rule || operands.some(({ dtype, shape }) => dtype.includes('float') || shape.length > mostElementAxes)) return
  const given = operands.map(({ elements }) => elements)
  if (given.every((elements) => elements === undefined)) return
  const length = Math.max(...given.map((elements) => elements?.length ?? 0))
  const result: Dim[] = []
  for (let i = 0; i < length; i++) {
    const value = rule(...given.map((elements) => elements?.[elements.length === 1 ? 0 : i]))
    if (value === undefined) return undefined
    result.push(value)
  }
  return result
}

const inferBroadcast =
  (dtype?: DataType) =>
  (context: InferContext): Inferred[] => {
    const operands = context.node.inputs.map((_, i) => context.input(i))
    const elements = combineElements(context)
    const shape = broadcastShapes(
      operands.map((operand) => operand.shape),
      context,
    )
    return [
      {
        dtype: dtype ?? (operands.at(context.node.op === 'Where' ? 1 : 0) as Inferred).dtype,
        shape,
        ...(elements ? { elements } : {}),
      },
    ]
  }

/** Zeros in the places of removed units would make infinities and what follows from them. */
const dividing: Readonly<Record<string, OpDefinition['mixes']>> = {
  Div: ({ constant }) => !constant(1),
  Pow: ({ constant }) => {
    const exponent = constant(1)
    return !exponent || toNumbers(exponent).some((value) => value < 0)
  },
}

for (const op of ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Min', 'Max', 'Sum', 'Mean', 'Mod', 'PRelu', 'Where']) {
  registerOp({
    op,
    since: op === 'Pow' ? 15 : 7,
    infer: inferBroadcast(),
    couple: coupleBroadcast,
    lower: lowerBroadcast,
    ...(dividing[op] ? { mixes: dividing[op] } : {}),
  })
}
for (const op of ['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual', 'And', 'Or', 'Xor']) {
  registerOp({ op, since: 12, infer: inferBroadcast('bool'), couple: coupleBroadcast, lower: lowerBroadcast })
}
for (const op of ['BitwiseAnd', 'BitwiseOr', 'BitwiseXor']) {
  registerOp({ op, since: 18, infer: inferBroadcast(), couple: coupleBroadcast })
}
registerOp({
  op: 'Not',
  infer(context) {
    const { dtype, shape, elements } = context.input(0)
    const known = elements?.every((element) => typeof element === 'number')
    return [{ dtype, shape, ...(known ? { elements: elements?.map((element) => (element === 0 ? 1 : 0)) } : {}) }]
  },
  couple: (context) => context.set(0, context.labels(0)),
  lower: lowerNot,
})
