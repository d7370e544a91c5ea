/** What needs shapes to become canonical: shape arithmetic turned into constants, padding made explicit, old semantics. */
import {
  type Attribute,
  type Dim,
  type GraphNode,
  int,
  ints,
  numberAttribute,
  numbersAttribute,
  type Shape,
  stringAttribute,
} from '../../../graph/graph'
import { float32, type TensorData, takeAlong, toNumbers } from '../../../graph/tensor'
import { broadcastShapes, windowOf } from '../../../ops/shapes'
import { fromNumbers } from './evaluate/numbers'
import { shapedExpansions } from './expand/attention'
import { Expansion } from './expand/expansion'
import type { Known } from './known'
import { type Rewriter, withAttributes, withInput } from './rewriter'
import { viewAsReshape } from './strided-view'
import { takeBranch } from './taken-branch'
import { turnReshape } from './turned-reshape'
import { unrollLoop, unrollScan } from './unrolled'
import { COERCED } from './upgrade'

const END = 2 ** 63

type Rule = (node: GraphNode, known: Known, rewriter: Rewriter) => GraphNode | undefined

const isNumber = (dim: Dim | undefined): dim is number => typeof dim === 'number'
const sameShape = (a: Shape | undefined, b: Shape | undefined) =>
  a !== undefined && b !== undefined && a.length === b.length && a.every((dim, i) => dim === b[i])

/** A target shape whose symbols are copied (0) or left over (-1), so that any batch fits. */
const reshape: Rule = (node, known, rewriter) => {
  const before = known.shape(node.inputs[0])
  const after = known.shape(node.outputs[0])
  const constant = rewriter.constant(node.inputs[1])
  if (!before || !after || after.every(isNumber)) return constant || !after ? node : fixedReshape(node, after, rewriter)
  const wanted = after.map((dim, i) => (isNumber(dim) ? dim : dim === before[i] ? 0 : -1))
  const zeros = wanted.some((dim, i) => dim === 0 && isNumber(after[i]))
  if (zeros) return node
  if (wanted.filter((dim) => dim === -1).length > 1) {
    return !constant && turnReshape(node, before, after, rewriter) ? undefined : node
  }
  const old = constant && toNumbers(constant)
  // A -1 in the file is as good, and is kept.
  const fits = old?.every((dim, i) => dim === wanted[i] || dim === -1)
  if (fits && numberAttribute(node, 'allowzero', 0) === 0) return node
  const target = rewriter.addInts(node, 'shape', wanted)
  return withInput(withAttributes(node, { allowzero: undefined }), 1, target)
}

const fixedReshape = (node: GraphNode, after: Shape, rewriter: Rewriter): GraphNode =>
  after.includes(0) ? node : withInput(node, 1, rewriter.addInts(node, 'shape', after as number[]))

/** An Expand that changes nothing goes; a symbol that the input already has is a 1 in the target. */
const expand: Rule = (node, known, rewriter) => {
  const before = known.shape(node.inputs[0])
  const after = known.shape(node.outputs[0])
  const [output = ''] = node.outputs
  if (before && sameShape(before, after)) {
    rewriter.alias(node, output, node.inputs[0] as string)
    return undefined
  }
  if (!before || !after || rewriter.constant(node.inputs[1])) return node
  const offset = after.length - before.length
  const wanted = after.map((dim, i) => (dim === before[i - offset] ? 1 : dim))
  if (wanted.every(isNumber)) return withInput(node, 1, rewriter.addInts(node, 'shape', wanted))
  // A target put together from single extents: those that the input has already are 1, so that they may shrink.
  const parts = rewriter.source.producer(node.inputs[1] as string)
  const stretches = wanted.some((dim) => isNumber(dim) && dim > 1)
  if (parts?.op !== 'Concat' || stretches) return expandApart(node, wanted, rewriter)
  if (parts.inputs.length !== wanted.length) return node
  const inputs = parts.inputs.map((part, i) =>
    wanted[i] === 1 && rewriter.constant(part) && toNumbers(rewriter.constant(part) as TensorData)[0] !== 1
      ? rewriter.addInts(node, `extent_${i}`, [1])
      : rewriter.resolve(part),
  )
  if (inputs.every((part, i) => part === rewriter.resolve(parts.inputs[i] as string))) return node
  const target = rewriter.fresh(`${node.name}/shape`)
  rewriter.emit({ ...parts, name: target, inputs, outputs: [target] })
  return withInput(node, 1, target)
}

/**
 * A target that is the shape of another value would shrink with that one's channels: what is known of it is stretched
 * first, to numbers of its own, and the open extents then.
 */
function expandApart(node: GraphNode, wanted: Shape, rewriter: Rewriter): GraphNode {
  if (wanted.every((dim) => !isNumber(dim) || dim === 1)) return node
  const known = rewriter.fresh(`${node.name}/known`)
  const numbers = rewriter.addInts(
    node,
    'known_shape',
    wanted.map((dim) => (isNumber(dim) ? dim : 1)),
  )
  rewriter.emit({ ...node, name: known, inputs: [node.inputs[0] as string, numbers], outputs: [known] })
  const open = rewriter.fresh(`${node.name}/open`)
  const mask = rewriter.addConstant(
    `${node.name}/is_open`,
    fromNumbers(
      'bool',
      [wanted.length],
      wanted.map((dim) => Number(!isNumber(dim))),
    ),
  )
  const ones = rewriter.addInts(
    node,
    'ones',
    wanted.map(() => 1),
  )
  const inputs = [mask, node.inputs[1] as string, ones]
  rewriter.emit({ ...node, name: open, op: 'Where', inputs, outputs: [open], attributes: new Map() })
  return { ...node, inputs: [known, open] }
}

/** What is stretched only to meet another operand meets it unstretched: it need not know how many samples there are. */
const meets: Rule = (node, known, rewriter) => {
  const after = known.shape(node.outputs[0])
  let result = node
  node.inputs.forEach((input, i) => {
    const stretching = rewriter.source.producer(input)
    if (!after || stretching?.op !== 'Expand') return
    const source = rewriter.resolve(stretching.inputs[0] as string)
    const inputs = result.inputs.map((other, k) => (k === i ? source : other))
    const shapes = inputs.map((other) => known.shape(other))
    const mismatch = { fail: (): never => rewriter.unsupported(node, 'has operands that do not fit together.') }
    if (!shapes.every((shape) => shape !== undefined)) return
    if (sameShape(broadcastShapes(shapes as Shape[], mismatch), after)) result = { ...result, inputs }
  })
  return result
}

/** A value filled to a shape with open extents is a number that is stretched. */
const filled: Rule = (node, known, rewriter) => {
  const shape = known.shape(node.outputs[0])
  if (!shape || shape.every(isNumber) || shape.every((dim) => !isNumber(dim) || dim === 1)) return node
  const value = node.attributes.get('value')
  const number = value?.kind === 'tensor' ? { ...value.value, dims: [] } : float32([], [0])
  const inputs = [rewriter.addConstant(`${node.name}/value`, number), node.inputs[0] as string]
  return { ...node, op: 'Expand', inputs, attributes: new Map() }
}

/** Bounds that were computed from the input's own extent. */
const slice: Rule = (node, known, rewriter) => {
  let result = node
  const shape = known.shape(node.inputs[0])
  const axes = known.elements(node.inputs[3]) ?? rewriter.constant(node.inputs[3])?.data
  const extentOf = (k: number): Dim | undefined => {
    const axis = node.inputs[3] ? axes?.[k] : k
    return axis === undefined ? undefined : shape?.at(Number(axis))
  }
  for (const i of [1, 2, 3, 4]) {
    const elements = known.elements(node.inputs[i])
    if (!elements || rewriter.constant(node.inputs[i])) continue
    const values = elements.map((dim, k) => (isNumber(dim) ? dim : i === 2 && dim === extentOf(k) ? END : undefined))
    if (values.every(isNumber)) {
      const name = rewriter.addConstant(`${node.name}/${i}`, fromNumbers('int64', [values.length], values))
      result = withInput(result, i, name)
    }
  }
  return result
}

const split: Rule = (node, known, rewriter) => {
  const axis = numberAttribute(node, 'axis', 0)
  const sizes = node.outputs.map((output) => known.shape(output)?.at(axis))
  if (rewriter.constant(node.inputs[1]) || !sizes.every(isNumber)) return node
  return withInput(withAttributes(node, { num_outputs: undefined }), 1, rewriter.addInts(node, 'split', sizes))
}

/** Explicit pads in place of auto_pad, and a kernel_shape in place of the weight's. */
const windowed: Rule = (node, known) => {
  const shape = known.shape(node.inputs[0])
  const weight = known.shape(node.inputs[1])?.slice(2)
  const kernel = node.op === 'Conv' ? weight : (node.attributes.get('kernel_shape')?.value as number[] | undefined)
  if (!shape || !kernel?.every(isNumber)) return node
  const changes: Record<string, Attribute | undefined> = {}
  if (!node.attributes.has('kernel_shape')) changes.kernel_shape = ints(kernel as number[])
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET')
  const spatial = shape.slice(2)
  if (auto === 'NOTSET') changes.auto_pad = undefined
  else if (auto === 'VALID' || spatial.every(isNumber)) {
    changes.auto_pad = undefined
    changes.pads = ints(windowOf(node, kernel as number[], spatial).pads)
  }
  return Object.keys(changes).some((name) => node.attributes.get(name) !== changes[name])
    ? withAttributes(node, changes)
    : node
}

/** Explicit pads of a transposed convolution in place of a stated size of its result or auto_pad. */
const transposed: Rule = (node, known) => {
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET')
  const stated = node.attributes.get('output_shape')
  const spatial = known.shape(node.inputs[0])?.slice(2)
  const kernel = known.shape(node.inputs[1])?.slice(2)
  if ((auto === 'NOTSET' && !stated) || !spatial?.every(isNumber) || !kernel?.every(isNumber)) return node
  const plain = windowOf(withAttributes(node, { auto_pad: undefined }), kernel, spatial)
  const extra = numbersAttribute(node, 'output_padding', undefined) ?? spatial.map(() => 0)
  const sizes = stated?.kind === 'ints' ? stated.value.slice(-spatial.length) : undefined
  const totals = spatial.map((size, i) => {
    const stride = plain.strides[i] as number
    const span = ((kernel[i] as number) - 1) * (plain.dilations[i] as number) + 1
    const wanted = sizes?.[i] ?? (auto === 'VALID' ? undefined : size * stride)
    return wanted === undefined ? 0 : stride * (size - 1) + (extra[i] as number) + span - wanted
  })
  if (totals.some((total) => total < 0)) return node
  const halves = totals.map((total) => Math.floor(total / 2))
  const others = totals.map((total, i) => total - (halves[i] as number))
  const pads = auto === 'SAME_UPPER' ? [...halves, ...others] : [...others, ...halves]
  return withAttributes(node, { auto_pad: undefined, output_shape: undefined, pads: ints(pads) })
}

/** Softmax over several axes at once, as before opset 13. */
const softmax: Rule = (node, known, rewriter) => {
  const shape = known.shape(node.inputs[0])
  if (!node.attributes.has(COERCED) || !shape) return node
  const given = numberAttribute(node, 'axis', 1)
  const axis = given < 0 ? given + shape.length : given
  const behind = shape.slice(axis)
  const wide = behind.findIndex((dim) => dim !== 1)
  const plain = withAttributes(node, { [COERCED]: undefined })
  // One axis alone has an extent: then both meanings agree.
  if (behind.slice(wide + 1).every((dim) => dim === 1))
    return withAttributes(plain, { axis: int(axis + Math.max(0, wide)) })
  const target = shape.map((dim, i) => (isNumber(dim) ? dim : i === 0 && axis > 0 ? 0 : -1))
  if (target.filter((dim) => dim === -1).length + (axis === 1 ? 0 : target.filter((d) => d === 0).length) > 1) {
    return rewriter.unsupported(
      node,
      'shares out over several axes of unknown extent. Export it with opset 13 or newer.',
    )
  }
  const wanted = axis === 1 ? target : target.map((dim) => (dim === 0 ? -1 : dim))
  const [input = '', output = ''] = [node.inputs[0], node.outputs[0]]
  const flat = rewriter.fresh(`${output}/flat`)
  const shared = rewriter.fresh(`${output}/shared`)
  const base = { domain: '', attributes: new Map<string, Attribute>() }
  const flatten = {
    ...base,
    name: rewriter.fresh(`${node.name}/Flatten`),
    op: 'Flatten',
    inputs: [input],
    outputs: [flat],
  }
  rewriter.emit({ ...flatten, attributes: new Map([['axis', int(axis)]]) })
  rewriter.emit({ ...withAttributes(plain, { axis: int(1) }), inputs: [flat], outputs: [shared] })
  const name = rewriter.fresh(`${node.name}/Reshape`)
  const inputs = [shared, rewriter.addInts(node, 'shape', wanted)]
  return { ...base, name, op: 'Reshape', inputs, outputs: [output] }
}

/** Opset 18 lets Pad name the axes it pads. */
const pad: Rule = (node, known, rewriter) => {
  const axes = rewriter.constant(node.inputs[3])
  const pads = rewriter.constant(node.inputs[1])
  const rank = known.shape(node.inputs[0])?.length
  if (!axes || !pads || rank === undefined) return node
  const full = new Array<number>(2 * rank).fill(0)
  const given = toNumbers(pads)
  toNumbers(axes).forEach((axis, k) => {
    const at = axis < 0 ? axis + rank : axis
    full[at] = given[k] ?? 0
    full[at + rank] = given[k + given.length / 2] ?? 0
  })
  const inputs = node.inputs.slice(0, 3)
  return withInput({ ...node, inputs }, 1, rewriter.addInts(node, 'pads', full))
}

/** Factors of a Resize that give the extents of one of its sizes; undefined where none do exactly. */
export function factorsOfResize(before: Shape, after: Shape): number[] | undefined {
  const factors = after.map((dim, i) => {
    const from = before[i]
    if (typeof dim === 'number' && typeof from === 'number') return Math.fround(dim / from)
    return dim === from ? 1 : Number.NaN
  })
  const exact = factors.every((f, i) => f === 1 || Math.floor((before[i] as number) * f) === after[i])
  return exact ? factors : undefined
}

/** Sizes next to a free batch become scales, where these give the same sizes; named axes (opset 18) become all. */
const resize: Rule = (node, known, rewriter) => {
  const before = known.shape(node.inputs[0])
  const named = node.attributes.get('axes')
  if (named?.kind === 'ints' && before) return spreadAxes(node, named.value, before, rewriter)
  const after = known.shape(node.outputs[0])
  if (!node.inputs[3] || !before || !after) return node
  if (after.every(isNumber)) {
    return rewriter.constant(node.inputs[3]) ? node : withInput(node, 3, rewriter.addInts(node, 'sizes', after))
  }
  const factors = factorsOfResize(before, after)
  if (!factors) return node
  const scales = rewriter.addConstant(`${node.name}/scales`, float32([factors.length], factors))
  return withInput({ ...node, inputs: node.inputs.slice(0, 2) }, 2, scales)
}

function spreadAxes(node: GraphNode, axes: readonly number[], shape: Shape, rewriter: Rewriter): GraphNode {
  const rank = shape.length
  const at = axes.map((axis) => (axis < 0 ? axis + rank : axis))
  const scales = rewriter.constant(node.inputs[2])
  const sizes = rewriter.constant(node.inputs[3])
  const region = rewriter.constant(node.inputs[1])
  let result = withAttributes(node, { axes: undefined })
  if (region && region.data.length === 2 * axes.length) {
    const given = toNumbers(region)
    const part = (from: number) =>
      Array.from({ length: rank }, (_, i) =>
        at.includes(i) ? (given[from + at.indexOf(i)] as number) : Number(from > 0),
      )
    const full = [...part(0), ...part(axes.length)]
    result = withInput(result, 1, rewriter.addConstant(`${node.name}/region`, float32([2 * rank], full)))
  }
  if (scales) {
    const full = Array.from({ length: rank }, (_, i) =>
      at.includes(i) ? (toNumbers(scales)[at.indexOf(i)] as number) : 1,
    )
    result = withInput(result, 2, rewriter.addConstant(`${node.name}/scales`, float32([rank], full)))
  }
  if (sizes) {
    const full = shape.map((dim, i) => (at.includes(i) ? (toNumbers(sizes)[at.indexOf(i)] as number) : dim))
    if (!full.every(isNumber)) return node
    result = withInput(result, 3, rewriter.addInts(node, 'sizes', full))
  }
  return result
}

/** Up to opset 20 a group had one scale; from 21 every channel has its own. */
const groupNormalization: Rule = (node, known, rewriter) => {
  const channels = known.shape(node.inputs[0])?.[1]
  const groups = numberAttribute(node, 'num_groups', 1)
  if (!isNumber(channels) || channels === groups) return node
  return [1, 2].reduce<GraphNode>((result, i) => {
    const constant = rewriter.constant(node.inputs[i])
    if (constant?.data.length !== groups) return result
    const spread = Array.from({ length: channels }, (_, c) => Math.floor((c * groups) / channels))
    return withInput(result, i, rewriter.addConstant(`${node.inputs[i]}/channels`, takeAlong(constant, 0, spread)))
  }, node)
}

/** A sequence made only to be taken apart again is a Split. */
const splitToSequence: Rule = (node, known, rewriter) => {
  const shape = known.shape(node.inputs[0])
  const axis = numberAttribute(node, 'axis', 0)
  const extent = shape?.at(axis)
  const [sequence = ''] = node.outputs
  const readers = rewriter.source.consumers(sequence)
  const given = rewriter.constant(node.inputs[1])
  if (!isNumber(extent) || rewriter.isOutput(sequence) || (node.inputs[1] && !given)) return node
  const positions = readers.map((reader) => {
    const at = reader.op === 'SequenceAt' ? rewriter.constant(reader.inputs[1]) : undefined
    return at ? (toNumbers(at)[0] as number) : undefined
  })
  const sizes = partSizes(given, extent)
  const drops = !given && numberAttribute(node, 'keepdims', 1) === 0
  if (!positions.every(isNumber) || sizes.some((size) => size <= 0) || drops) return node
  const parts = sizes.map((_, i) => rewriter.fresh(`${sequence}/${i}`))
  for (const [k, reader] of readers.entries()) {
    const part = parts.at(positions[k] as number)
    const output = reader.outputs[0] ?? ''
    if (part === undefined || output === '') return node
    rewriter.skip(reader)
    rewriter.alias(reader, output, part)
  }
  const inputs = [node.inputs[0] as string, rewriter.addInts(node, 'split', sizes)]
  return { ...node, op: 'Split', inputs, outputs: parts, attributes: new Map([['axis', int(axis)]]) }
}

function partSizes(given: TensorData | undefined, extent: number): number[] {
  if (given && given.dims.length > 0) return toNumbers(given)
  const size = given ? (toNumbers(given)[0] as number) : 1
  if (!(size > 0)) return []
  return Array.from({ length: Math.min(extent, Math.ceil(extent / size)) }, (_, i) => Math.min(size, extent - i * size))
}

const isZero = (constant: TensorData | undefined): boolean =>
  constant?.data.every((value) => Number(value) === 0) ?? false

/** Operators that show what they are given, or parts of it. */
const moves = new Set(['Expand', 'Slice', 'Gather', 'Identity', 'Cast', 'Transpose', 'Reshape', 'Squeeze', 'Unsqueeze'])

/** Whether a value is all zeros, whatever the batch: stored, stretched or filled so. */
function isZeroValue(value: string, rewriter: Rewriter): boolean {
  const constant = rewriter.constant(value)
  if (constant) return isZero(constant)
  const producer = rewriter.source.producer(value)
  if (producer && moves.has(producer.op)) return isZeroValue(producer.inputs[0] as string, rewriter)
  if (producer?.op === 'Concat') return producer.inputs.every((input) => isZeroValue(input, rewriter))
  const filling = producer?.op === 'ConstantOfShape' ? producer.attributes.get('value') : undefined
  return producer?.op === 'ConstantOfShape' && (filling?.kind !== 'tensor' || isZero(filling.value))
}

/** Initial states of zeros are the default, and lengths that name every step are too; both go. */
const recurrent: Rule = (node, known, rewriter) => {
  let result = node
  for (const i of [5, 6]) {
    const state = result.inputs[i] ?? ''
    if (state !== '' && isZeroValue(state, rewriter)) result = withInput(result, i, '')
  }
  const lengths = rewriter.constant(result.inputs[4])
  const time = known.shape(node.inputs[0])?.[0]
  if (lengths && toNumbers(lengths).every((length) => length === time)) result = withInput(result, 4, '')
  return result
}

const rules: Readonly<Record<string, Rule>> = {
  LSTM: recurrent,
  GRU: recurrent,
  RNN: recurrent,
  Reshape: reshape,
  ConstantOfShape: filled,
  Expand: expand,
  ...Object.fromEntries(
    ['Add', 'Sub', 'Mul', 'Div', 'Pow', 'Where', 'And', 'Or', 'Equal', 'Less', 'Greater'].map((op) => [op, meets]),
  ),
  Slice: slice,
  Split: split,
  Conv: windowed,
  ConvTranspose: transposed,
  MaxPool: windowed,
  AveragePool: windowed,
  LpPool: windowed,
  Softmax: softmax,
  LogSoftmax: softmax,
  Hardmax: softmax,
  Pad: pad,
  Resize: resize,
  GroupNormalization: groupNormalization,
  Gather: viewAsReshape,
  SplitToSequence: splitToSequence,
  If: (node, _, rewriter) => takeBranch(node, rewriter),
  Loop: unrollLoop,
  Scan: unrollScan,
}
const ruleOf = new Map(Object.entries(rules))

/** Integers that were computed from shapes and are known now. */
function knownInts(node: GraphNode, known: Known): TensorData | undefined {
  const [output] = node.outputs
  const elements = known.elements(output)
  const shape = known.shape(output)
  const dtype = known.dtype(output)
  if (!elements?.every(isNumber) || !shape?.every(isNumber) || !dtype || node.outputs.length !== 1) return undefined
  return fromNumbers(dtype, shape as number[], elements as number[])
}

/** @returns the node in canonical form, or undefined where it was replaced */
export function settleNode(node: GraphNode, known: Known, rewriter: Rewriter): GraphNode | undefined {
  const expand = shapedExpansions[`${node.domain}::${node.op}`]
  if (expand) {
    // It waits for the shapes of its operands.
    if (node.inputs.some((input) => input !== '' && !known.shape(input))) return node
    expand(new Expansion(node, rewriter, known.dtype(node.inputs[0])), known)
    return undefined
  }
  if (node.domain !== '') return node
  const value = knownInts(node, known)
  if (value) {
    rewriter.define(node, node.outputs[0] as string, value)
    return undefined
  }
  const rule = ruleOf.get(node.op)
  return rule ? rule(node, known, rewriter) : node
}
