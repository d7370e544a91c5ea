/** Explicit pads and kernel shapes of sliding windows. */
import { type Attribute, int, ints, numbersAttribute, stringAttribute } from '../../../../graph/graph'
import { windowOf } from '../../../../ops/shapes'
import { withAttributes } from '../rewriter'
import { isNumber, type Rule } from './rule'

/** A mean over the last of three axes, as tf2onnx also writes that of features: no window slides over those. */
export const averaged: Rule = (node, known) => {
  if (known.shape(node.inputs[0])?.length !== 3) return node
  const attributes = new Map([
    ['axes', ints([2])],
    ['keepdims', int(1)],
  ])
  return { ...node, op: 'ReduceMean', attributes }
}

/** Explicit pads in place of auto_pad, and a kernel_shape in place of the weight's. */
export const windowed: Rule = (node, known) => {
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
export const transposed: Rule = (node, known) => {
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
