/** ConvTranspose: the gradient of Conv used as an operator; W is [C, M / groups, ...kernel]. */
import { type Dim, int, numberAttribute, numbersAttribute, stringAttribute } from '../graph/graph'
import { besideChannels } from './conv'
import { type OpDefinition, registerOp } from './definition'
import { claimAxis, onAxis } from './labels'
import { lowerConvTranspose } from './lower/convolution-transpose'
import { oneSample, windowOf } from './shapes'

const convTranspose: OpDefinition = {
  op: 'ConvTranspose',
  infer(context) {
    const x = context.input(0)
    const w = context.shape(1) as number[]
    const groups = numberAttribute(context.node, 'group', 1)
    if (x.shape.length !== w.length) context.fail(`its input of rank ${x.shape.length} does not fit its weight`)
    if (typeof x.shape[1] === 'number' && x.shape[1] !== w[0]) {
      context.fail(`it expects ${w[0]} input channels and gets ${x.shape[1]}`)
    }
    const kernel = w.slice(2)
    const declared = numbersAttribute(context.node, 'output_shape', undefined)
    const extra = numbersAttribute(context.node, 'output_padding', undefined) ?? kernel.map(() => 0)
    const window = windowOf(context.node, kernel, x.shape.slice(2))
    const auto = stringAttribute(context.node, 'auto_pad', 'NOTSET')
    const spatial = x.shape.slice(2).map((size, i): Dim => {
      if (declared) return declared[i] as number
      if (typeof size === 'string') return `${size}*${window.strides[i]}`
      const stride = window.strides[i] as number
      if (auto.startsWith('SAME')) return size * stride
      const span = ((kernel[i] as number) - 1) * (window.dilations[i] as number) + 1
      const pads = (window.pads[i] as number) + (window.pads[i + kernel.length] as number)
      return stride * (size - 1) + (extra[i] as number) + span - pads
    })
    return [{ dtype: x.dtype, shape: [x.shape[0] as Dim, (w[1] as number) * groups, ...spatial] }]
  },
  macs(context) {
    const w = context.inputShape(1)
    return (
      context
        .inputShape(0)
        .slice(1)
        .reduce((a, b) => a * b, 1) * w.slice(1).reduce((a, b) => a * b, 1)
    )
  },
  couple(context) {
    const w = oneSample(context.shape(1))
    const groups = numberAttribute(context.node, 'group', 1)
    const labels = context.operand(0)
    const input = claimAxis(context, labels, 1)
    // Border and output padding widen an axis even where the kernel is one.
    const plain = numbersAttribute(context.node, 'output_shape', undefined) === undefined
    const grows = numbersAttribute(context.node, 'output_padding', undefined)?.some((extra) => extra !== 0)
    const passed = besideChannels(context, labels, plain && !grows ? w.slice(2) : w.slice(2).map(() => 0))
    const inputIds = input ?? new Int32Array(w[0] as number)
    if (context.constant(1) === undefined) {
      context.fix(passed, 'held.slides')
      context.fix(inputIds, 'held.weight-computed')
      for (const i of [1, 2]) if (context.has(i)) context.fix(context.labels(i), 'held.weight-computed')
      return
    }
    const bias = context.has(2) ? 2 : -1
    const outputs = (w[1] as number) * groups
    const shared = { weight: 1, bias, outputAxis: 1, inputAxis: 0, groups }
    if (groups > 1 && w[0] === groups) {
      // Depthwise, with a multiplier where there are more outputs than inputs: the unit passes through.
      const multiplier = w[1] as number
      const outputIds = Int32Array.from({ length: outputs }, (_, m) => inputIds[Math.floor(m / multiplier)] as number)
      context.bind(1, 0, inputIds, 'passthrough')
      if (bias >= 0) context.bind(2, 0, outputIds, 'passthrough')
      context.linear({ ...shared, kind: 'depthwise', inputIds, outputIds })
      context.set(0, [onAxis(1, outputIds), ...passed])
      return
    }
    const ranks = (w[0] as number) / groups
    for (let g = 1; g < groups; g++) {
      context.union(inputIds.slice(0, ranks), inputIds.slice(g * ranks, (g + 1) * ranks))
    }
    const units = context.fresh(w[1] as number)
    const outputIds = Int32Array.from({ length: outputs }, (_, m) => units[m % units.length] as number)
    context.bind(1, 0, inputIds, 'consumer')
    context.bind(1, 1, units, 'producer')
    if (bias >= 0) context.bind(2, 0, outputIds, 'producer')
    context.linear({ ...shared, kind: 'conv', inputIds, outputIds })
    context.set(0, [onAxis(1, outputIds), ...passed])
  },
  resize(context) {
    const groups = numberAttribute(context.node, 'group', 1)
    if (groups === 1 || context.oldInputShape(0)[1] !== groups) return {}
    const attributes = new Map(context.node.attributes).set('group', int(context.inputShape(0)[1] as number))
    return { node: { ...context.node, attributes } }
  },
  lower: lowerConvTranspose,
}

registerOp(convTranspose)
