/** LSTM, GRU and RNN: a hidden unit is one row in every gate, one column of the recurrent weight, one output feature. */
import { type Dim, int, numberAttribute, stringAttribute } from '../graph/graph'
import {
  type CostContext,
  type CouplingContext,
  type InferContext,
  type Inferred,
  type ResizeContext,
  type Resized,
  registerOp,
} from './definition'
import { claimAxis, idsAlong, onAxis } from './labels'
import { lowerRecurrent } from './lower/recurrent'

/** Gates of each operator, in the order in which ONNX stacks them along one axis. */
export const gatesOf: Readonly<Record<string, number>> = { LSTM: 4, GRU: 3, RNN: 1 }

/** Positions of the operands (0 is X, 4 the sequence lengths). */
const [W, R, B, initialH, initialC, P] = [1, 2, 3, 5, 6, 7] as const

function infer(context: InferContext): Inferred[] {
  const { node } = context
  const gates = gatesOf[node.op] as number
  const x = context.input(0)
  const w = context.shape(W)
  const r = context.shape(R)
  if (x.shape.length !== 3 || w.length !== 3 || r.length !== 3) context.fail(`its operands are not of rank 3`)
  if (numberAttribute(node, 'layout', 0) !== 0) context.fail('its batch comes first (layout 1), which is not supported')
  const hidden = r[2] as number
  const directions = w[0] as number
  const wanted = stringAttribute(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1
  if (directions !== wanted || w[1] !== gates * hidden || r[1] !== gates * hidden) {
    context.fail(`its weights W and R do not fit ${hidden} hidden units in ${wanted} direction(s)`)
  }
  if (typeof x.shape[2] === 'number' && x.shape[2] !== w[2]) {
    context.fail(`it expects ${w[2]} input features and gets ${x.shape[2]}`)
  }
  const [time, batch] = x.shape as [Dim, Dim]
  const last = { dtype: x.dtype, shape: [directions, batch, hidden] }
  return [{ dtype: x.dtype, shape: [time, directions, batch, hidden] }, last, last]
}

/** The input's product and the state's. */
function macs(context: CostContext): number[] {
  const w = context.inputShape(W)
  const r = context.inputShape(R)
  const [time, batch] = context.inputShape(0) as [number, number]
  return [w, r].map((weight) => time * batch * weight.reduce((a, b) => a * b, 1))
}

const repeat = (ids: Int32Array, times: number): Int32Array =>
  Int32Array.from({ length: ids.length * times }, (_, i) => ids[i % ids.length] as number)

function couple(context: CouplingContext): void {
  const { node } = context
  const gates = gatesOf[node.op] as number
  const labels = context.labels(0)
  const weights = [W, R, ...(context.has(B) ? [B] : [])]
  if (weights.some((i) => context.constant(i) === undefined)) {
    for (const i of node.inputs.keys()) if (context.has(i)) context.fix(context.labels(i), 'held.weights-computed')
    return
  }
  const input = claimAxis(context, labels, 2)
  if (input) context.bind(W, 2, input, 'consumer')
  context.fix(
    labels.filter((entry) => !entry.axes.includes(2)),
    'held.runs-along',
  )
  const hidden = context.shape(R)[2] as number
  // Both directions write into one box, so they lose the same ranks.
  const ids = context.fresh(hidden)
  context.bind(W, 1, repeat(ids, gates), 'producer')
  context.bind(R, 1, repeat(ids, gates), 'producer')
  context.bind(R, 2, ids, 'consumer')
  if (context.has(B)) context.bind(B, 1, repeat(ids, 2 * gates), 'producer')
  if (context.has(P)) context.bind(P, 1, repeat(ids, 3), 'passthrough')
  for (const i of [initialH, initialC]) {
    if (!context.has(i)) continue
    const state = idsAlong(context.labels(i), 2)
    if (context.constant(i)) context.bind(i, 2, ids, 'passthrough')
    else if (state) context.union(ids, state)
    else context.fix(ids, 'held.starts-fixed')
  }
  context.set(0, [onAxis(3, ids)])
  context.set(1, [onAxis(2, ids)])
  context.set(2, [onAxis(2, ids)])
}

function resize(context: ResizeContext): Resized {
  const output = context.node.outputs.findIndex((name) => name !== '')
  const hidden = context.outputShape(output).at(-1) as number
  const attributes = new Map(context.node.attributes).set('hidden_size', int(hidden))
  return { node: { ...context.node, attributes } }
}

for (const op of Object.keys(gatesOf)) registerOp({ op, since: 14, infer, macs, couple, resize, lower: lowerRecurrent })
