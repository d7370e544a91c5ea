/** Brings every operator to its form in opset 17, as far as that needs no shapes; each rule says what changed when. */
import { say } from '../../../../contract/sentences'
import { type GraphNode, int, numberAttribute, numbersAttribute, stringAttribute, text } from '../../../graph/graph'
import { float32, int64, type TensorData, toFloat32, toNumbers } from '../../../graph/tensor'
import { dataTypeNumber } from '../data-types'
import { cast } from './evaluate/elementwise'
import { Expansion } from './expand/expansion'
import { plainExpansions } from './expand/plain'
import { type Rewriter, withAttributes, withInput } from './rewriter'

/** What a rule returns is emitted; undefined: it has seen to everything itself. */
type Rule = (node: GraphNode, rewriter: Rewriter, opset: number) => GraphNode | undefined

/** Marks a Softmax that flattens to two axes first, until the shape is known. Never leaves the reader. */
export const COERCED = 'espalier.coerced'

/** A list attribute that became a constant input. */
function attributeToInput(node: GraphNode, name: string, i: number, rewriter: Rewriter): GraphNode {
  const values = numbersAttribute(node, name, undefined)
  const without = withAttributes(node, { [name]: undefined })
  return values ? withInput(without, i, rewriter.addInts(node, name, values)) : without
}

/** The type of constants that old files hold as float attributes: that of the network's input. */
function scalar(node: GraphNode, role: string, value: number, rewriter: Rewriter): string {
  const dtype = rewriter.source.inputs.find((input) => /float/.test(input.dtype))?.dtype ?? 'float32'
  return rewriter.addConstant(`${node.name}/${role}`, cast(float32([], [value]), dtype))
}

const clip: Rule = (node, rewriter, opset) => {
  if (opset >= 11) return node
  let result = node
  for (const [i, name] of [
    [1, 'min'],
    [2, 'max'],
  ] as const) {
    if (!node.attributes.has(name)) continue
    const bound = scalar(node, name, numberAttribute(node, name, 0), rewriter)
    result = withInput(withAttributes(result, { [name]: undefined }), i, bound)
  }
  return result
}

const passThrough: Rule = (node, rewriter) => {
  const [first = ''] = node.outputs
  if (first !== '') rewriter.alias(node, first, node.inputs[0] ?? '')
  return undefined
}

const used = (node: GraphNode, rewriter: Rewriter, o: number): boolean => {
  const value = node.outputs[o] ?? ''
  return value !== '' && (rewriter.isOutput(value) || rewriter.source.consumers(value).length > 0)
}

/** Dropout does nothing when a network is used. */
const dropout: Rule = (node, rewriter, opset) => {
  if (used(node, rewriter, 1)) {
    return rewriter.unsupported(node, 'passes its mask on, as in training. Export the network in evaluation mode.')
  }
  const training = opset >= 12 ? rewriter.constant(node.inputs[2]) : undefined
  if (training && toNumbers(training)[0] !== 0) {
    rewriter.notes.push(say('model.training-dropout', { node: node.name }))
  }
  return passThrough(node, rewriter, opset)
}

/** A stored weight that is normalised by its own statistics (weight standardisation) is computed ahead. */
function standardise(node: GraphNode, rewriter: Rewriter): TensorData | undefined {
  const [x, scale, shift] = node.inputs.slice(0, 3).map((input) => rewriter.constant(input))
  if (!x || !scale || !shift || x.dtype !== 'float32') return undefined
  const channels = x.dims[1] as number
  const inner = x.dims.slice(2).reduce((a, b) => a * b, 1)
  const count = x.data.length / channels
  const channel = (i: number) => Math.floor(i / inner) % channels
  const [values, scales, shifts] = [toFloat32(x), toFloat32(scale), toFloat32(shift)]
  const mean = new Float64Array(channels)
  const variance = new Float64Array(channels)
  values.forEach((value, i) => {
    mean[channel(i)] = (mean[channel(i)] as number) + value / count
  })
  values.forEach((value, i) => {
    variance[channel(i)] = (variance[channel(i)] as number) + (value - (mean[channel(i)] as number)) ** 2 / count
  })
  const epsilon = numberAttribute(node, 'epsilon', 1e-5)
  const result = values.map((value, i) => {
    const c = channel(i)
    const normal = (value - (mean[c] as number)) / Math.sqrt((variance[c] as number) + epsilon)
    return normal * (scales[c] as number) + (shifts[c] as number)
  })
  return float32(x.dims, result)
}

const batchNormalization: Rule = (node, rewriter) => {
  if (numberAttribute(node, 'spatial', 1) === 0) {
    return rewriter.unsupported(
      node,
      'normalises every position on its own (spatial = 0), which no current exporter writes. Export the network again.',
    )
  }
  if (node.outputs.some((_, o) => o > 0 && used(node, rewriter, o))) {
    return rewriter.unsupported(node, 'passes its running statistics on. Export the network in evaluation mode.')
  }
  if (numberAttribute(node, 'training_mode', 0) === 1) {
    const standardised = standardise(node, rewriter)
    if (standardised) {
      rewriter.define(node, node.outputs[0] as string, standardised)
      return undefined
    }
    rewriter.notes.push(say('model.training-norm', { node: node.name }))
  }
  const outputs = node.outputs.slice(0, 1)
  return withAttributes({ ...node, outputs }, { spatial: undefined, training_mode: undefined })
}

/** Only the first output counts where the others are not read. */
const firstOutput: Rule = (node, rewriter) =>
  node.outputs.length > 1 && !used(node, rewriter, 1) ? { ...node, outputs: node.outputs.slice(0, 1) } : node

const asymmetric = { coordinate_transformation_mode: text('asymmetric') }

/** Upsample became Resize in opset 10; it always scaled by x / scale and rounded down. */
const upsample: Rule = (node, rewriter, opset) => {
  const scales =
    opset >= 9
      ? (node.inputs[1] ?? '')
      : rewriter.addConstant(
          `${node.name}/scales`,
          float32([numbersAttribute(node, 'scales', []).length], numbersAttribute(node, 'scales', [])),
        )
  const nearest = stringAttribute(node, 'mode', 'nearest') === 'nearest'
  const mode = text(nearest ? 'nearest' : 'linear')
  const changes = { scales: undefined, mode, ...asymmetric, ...(nearest ? { nearest_mode: text('floor') } : {}) }
  return { ...withAttributes(node, changes), op: 'Resize', inputs: [node.inputs[0] ?? '', '', scales] }
}

const resize: Rule = (node, rewriter, opset) => {
  if (opset < 11) {
    const [x = '', scales = ''] = node.inputs
    const constant = rewriter.constant(scales)
    const shrinks = constant !== undefined && toFloat32(constant).some((scale) => scale < 1)
    const nearest = stringAttribute(node, 'mode', 'nearest') === 'nearest'
    const rounding = nearest ? { nearest_mode: text(shrinks ? 'ceil' : 'floor') } : {}
    return { ...withAttributes(node, { ...asymmetric, ...rounding }), inputs: [x, '', scales] }
  }
  // Empty tensors stood for left-out inputs up to opset 12.
  const inputs = node.inputs.map((input, i) => (i > 0 && rewriter.constant(input)?.data.length === 0 ? '' : input))
  while (inputs.at(-1) === '') inputs.pop()
  return { ...node, inputs }
}

const pad: Rule = (node, rewriter, opset) => {
  if (opset >= 11) return node
  const filling = numberAttribute(node, 'value', 0)
  const result = attributeToInput(withAttributes(node, { value: undefined }), 'pads', 1, rewriter)
  return filling === 0 ? result : withInput(result, 2, scalar(node, 'value', filling, rewriter))
}

const slice: Rule = (node, rewriter, opset) => {
  if (opset >= 10) return node
  const names = ['starts', 'ends', 'axes'] as const
  return names.reduce<GraphNode>((result, name, i) => attributeToInput(result, name, i + 1, rewriter), node)
}

/** Axes are an input from opset 13 (ReduceSum, Squeeze, Unsqueeze). */
const axesAsInput: Rule = (node, rewriter, opset) => {
  const result = opset >= 13 ? node : attributeToInput(node, 'axes', 1, rewriter)
  if (numberAttribute(node, 'noop_with_empty_axes', 0) !== 1) return result
  const axes = rewriter.constant(result.inputs[1])
  if (axes ? axes.data.length === 0 : !result.inputs[1]) return passThrough(node, rewriter, opset)
  return withAttributes(result, { noop_with_empty_axes: undefined })
}

/** The other reductions got their axes as an input in opset 18; here they stay an attribute. */
const axesAsAttribute: Rule = (node, rewriter, opset) => {
  if (opset < 18) return node
  const axes = rewriter.constant(node.inputs[1])
  const noop = numberAttribute(node, 'noop_with_empty_axes', 0) === 1
  if (!node.inputs[1] || axes?.data.length === 0) {
    if (noop) return passThrough(node, rewriter, opset)
    return withAttributes({ ...node, inputs: node.inputs.slice(0, 1) }, { noop_with_empty_axes: undefined })
  }
  if (!axes)
    return rewriter.unsupported(
      node,
      'reduces axes that are only known at run time. Export the network with fixed axes.',
    )
  const changes = { axes: { kind: 'ints', value: toNumbers(axes) } as const, noop_with_empty_axes: undefined }
  return withAttributes({ ...node, inputs: node.inputs.slice(0, 1) }, changes)
}

const split: Rule = (node, rewriter, opset) => (opset >= 13 ? node : attributeToInput(node, 'split', 1, rewriter))

/** Before opset 13 the value was flattened to two axes around `axis` (default 1), and shared out along the second. */
const softmax: Rule = (node, _, opset) =>
  opset >= 13 ? node : withAttributes(node, { axis: int(numberAttribute(node, 'axis', 1)), [COERCED]: int(1) })

/** PyTorch's older exporter hands axes that count from the end on as they are, which the standard does not allow. */
const transpose: Rule = (node) => {
  const axes = numbersAttribute(node, 'perm', undefined)
  if (!axes?.some((axis) => axis < 0)) return node
  const value = axes.map((axis) => (axis < 0 ? axis + axes.length : axis))
  return withAttributes(node, { perm: { kind: 'ints', value } })
}

/** CastLike (opset 15) is a Cast to a type that is known by now; where nothing changes it goes. */
const castLike: Rule = (node, rewriter) => {
  const to = rewriter.dtype(node.inputs[1])
  if (!to) return node
  if (rewriter.dtype(node.inputs[0]) === to) return passThrough(node, rewriter, 0)
  return {
    ...node,
    op: 'Cast',
    inputs: node.inputs.slice(0, 1),
    attributes: new Map([['to', int(dataTypeNumber(to))]]),
  }
}

/** Stored coordinates of a single axis are what Gather reads (PyTorch's newer exporter indexes so). */
const gatherND: Rule = (node, rewriter) => {
  const indices = rewriter.constant(node.inputs[1])
  if (indices?.dims.at(-1) !== 1 || numberAttribute(node, 'batch_dims', 0) !== 0) return node
  const flat = rewriter.addConstant(`${node.name}/indices`, { ...indices, dims: indices.dims.slice(0, -1) })
  return {
    ...node,
    op: 'Gather',
    inputs: [node.inputs[0] ?? '', flat],
    attributes: new Map([['axis', int(0)]]),
  }
}

/** The axis became an input with opset 20, where it is the last before the parts unless told. */
const fourier: Rule = (node, rewriter, opset) => {
  if (opset >= 20) return node
  const axis = rewriter.addConstant(`${node.name}/axis`, int64([], [numberAttribute(node, 'axis', 1)]))
  return withInput(withAttributes(node, { axis: undefined }), 2, axis)
}

const rules: Readonly<Record<string, Rule>> = {
  DFT: fourier,
  GatherND: gatherND,
  CastLike: castLike,
  Clip: clip,
  Dropout: dropout,
  Identity: passThrough,
  BatchNormalization: batchNormalization,
  MaxPool: firstOutput,
  LayerNormalization: firstOutput,
  Upsample: upsample,
  Resize: resize,
  Pad: pad,
  Slice: slice,
  Squeeze: axesAsInput,
  Unsqueeze: axesAsInput,
  ReduceSum: axesAsInput,
  Split: split,
  Softmax: softmax,
  Transpose: transpose,
  LogSoftmax: softmax,
  Hardmax: softmax,
}
const reductions = ['Max', 'Mean', 'Min', 'Prod', 'L1', 'L2', 'LogSum', 'LogSumExp', 'SumSquare'].map(
  (n) => `Reduce${n}`,
)

const ruleOf = new Map<string, Rule>([
  ...Object.entries(rules),
  ...reductions.map((op): [string, Rule] => [op, axesAsAttribute]),
])

/** @returns the node in its opset 17 form, or undefined where the rule replaced it */
export const upgradeNode: Rule = (node, rewriter, opset) => {
  const expand = plainExpansions[`${node.domain}::${node.op}`]
  if (expand) {
    const dtype = rewriter.dtype(node.inputs[0])
    expand(new Expansion(node, rewriter, dtype?.includes('float') ? dtype : 'float32'))
    return undefined
  }
  const rule = node.domain === '' ? ruleOf.get(node.op) : undefined
  return rule ? rule(node, rewriter, opset) : node
}
