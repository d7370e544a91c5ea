/** Conv: y[n, m] = sum over c of W[m, c] * x[n, c] + b[m]; grouped and depthwise included. */
import { int, numberAttribute } from '../graph/graph'
import { type CouplingContext, type Labels, type OpDefinition, registerOp } from './definition'
import { claimAxis, idsAlong, onAxis } from './labels'
import { lowerConv } from './lower/convolution'
import { oneSample, slides, windowOf, windowOutput } from './shapes'

/**
 * The entries that lie beside the channels and that no window slides over: those of the batch, and along axes that a
 * kernel of one passes step by step (tokens and features of a mixing network). The others stay.
 */
export function besideChannels(
  context: CouplingContext,
  labels: readonly Labels[],
  kernel: readonly number[],
): readonly Labels[] {
  const beside = labels.filter((entry) => !entry.axes.includes(1))
  const held = beside.filter((entry) => entry.axes.some((axis) => axis > 1 && slides(context.node, kernel, axis - 2)))
  context.fix(held, 'held.slides')
  return beside.filter((entry) => !held.includes(entry))
}

/** A weight that the network computes for each sample: its first axis says which outputs there are. */
function coupleComputed(context: CouplingContext, inputIds: Int32Array, groups: number): void {
  const labels = context.labels(1)
  const depthwise = groups > 1 && groups === inputIds.length && context.shape(1)[0] === groups
  const outputIds = groups === 1 || depthwise ? claimAxis(context, labels, 0) : undefined
  context.fix(
    labels.filter((entry) => !outputIds || !entry.axes.includes(0)),
    'held.weight-computed',
  )
  if (depthwise && outputIds) context.union(inputIds, outputIds)
  else context.fix(inputIds, 'held.weight-computed')
  if (context.has(2) && outputIds && !context.constant(2)) {
    const bias = idsAlong(context.labels(2), 0)
    if (bias) context.union(bias, outputIds)
    else context.fix(outputIds, 'held.weight-computed')
  } else if (context.has(2)) {
    if (outputIds) context.bind(2, 0, outputIds, 'passthrough')
    else context.fix(context.labels(2), 'held.weight-computed')
  }
  if (outputIds) context.set(0, [onAxis(1, outputIds)])
}

const conv: OpDefinition = {
  op: 'Conv',
  infer(context) {
    const x = context.input(0)
    const w = context.shape(1)
    const groups = numberAttribute(context.node, 'group', 1)
    if (x.shape.length !== w.length || x.shape.length < 3) {
      context.fail(`its input of rank ${x.shape.length} does not fit its weight of rank ${w.length}`)
    }
    const channels = x.shape[1]
    if (typeof channels === 'number' && channels !== (w[1] as number) * groups) {
      context.fail(`it expects ${(w[1] as number) * groups} input channels and gets ${channels}`)
    }
    if ((w[0] as number) % groups !== 0) context.fail(`its ${w[0]} output channels do not divide into ${groups} groups`)
    const spatial = x.shape.slice(2)
    const window = windowOf(context.node, w.slice(2) as number[], spatial)
    return [
      { dtype: x.dtype, shape: [x.shape[0] as number, w[0] as number, ...windowOutput(window, spatial, context)] },
    ]
  },
  macs(context) {
    const w = context.inputShape(1)
    return (
      context
        .outputShape(0)
        .slice(1)
        .reduce((a, b) => a * b, 1) * w.slice(1).reduce((a, b) => a * b, 1)
    )
  },
  couple(context) {
    const w = oneSample(context.shape(1))
    const outputs = w[0] as number
    const groups = numberAttribute(context.node, 'group', 1)
    const channels = (w[1] as number) * groups
    const labels = context.operand(0)
    const input = claimAxis(context, labels, 1)
    const passed = besideChannels(context, labels, w.slice(2))
    const inputIds = input ?? new Int32Array(channels)
    const bias = context.has(2) ? 2 : -1
    if (context.constant(1) === undefined) {
      context.fix(passed, 'held.slides')
      coupleComputed(context, inputIds, groups)
      return
    }
    const shared = { weight: 1, bias, outputAxis: 0, inputAxis: 1, groups }
    if (groups > 1 && w[1] === 1) {
      // Depthwise, with a multiplier where there are more outputs than inputs: the unit passes through.
      const multiplier = outputs / groups
      const outputIds = Int32Array.from({ length: outputs }, (_, m) => inputIds[Math.floor(m / multiplier)] as number)
      context.bind(1, 0, outputIds, 'passthrough')
      if (bias >= 0) context.bind(2, 0, outputIds, 'passthrough')
      context.linear({ ...shared, kind: 'depthwise', inputIds, outputIds })
      context.set(0, [onAxis(1, outputIds), ...passed])
      return
    }
    const perGroup = outputs / groups
    let outputIds: Int32Array
    if (groups === 1) {
      outputIds = context.fresh(outputs)
    } else {
      // Every group must lose as many channels as the others: the units are the ranks within a group.
      const ranks = w[1] as number
      for (let g = 1; g < groups; g++) {
        context.union(inputIds.slice(0, ranks), inputIds.slice(g * ranks, (g + 1) * ranks))
      }
      const units = context.fresh(perGroup)
      outputIds = Int32Array.from({ length: outputs }, (_, m) => units[m % perGroup] as number)
    }
    context.bind(1, 1, inputIds.slice(0, w[1]), 'consumer')
    context.bind(1, 0, outputIds, 'producer')
    if (bias >= 0) context.bind(2, 0, outputIds, 'producer')
    context.linear({ ...shared, kind: 'conv', inputIds, outputIds })
    context.set(0, [onAxis(1, outputIds), ...passed])
  },
  resize(context) {
    const groups = numberAttribute(context.node, 'group', 1)
    if (groups === 1 || context.oldInputShape(1)[1] !== 1) return {}
    const channels = context.inputShape(0)[1] as number
    const attributes = new Map(context.node.attributes).set('group', int(channels))
    return { node: { ...context.node, attributes } }
  },
  lower: lowerConv,
}

registerOp(conv)
