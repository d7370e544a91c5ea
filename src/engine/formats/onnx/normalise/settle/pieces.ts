/** Bounds, sizes and pads of pieces as constants. */
import { type Dim, int, numberAttribute } from '../../../../graph/graph'
import { type TensorData, toNumbers } from '../../../../graph/tensor'
import { fromNumbers } from '../evaluate/numbers'
import { withAttributes, withInput } from '../rewriter'
import { isNumber, type Rule } from './rule'

const END = 2 ** 63

/** Bounds that were computed from the input's own extent. */
export const slice: Rule = (node, known, rewriter) => {
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

export const split: Rule = (node, known, rewriter) => {
  const axis = numberAttribute(node, 'axis', 0)
  const sizes = node.outputs.map((output) => known.shape(output)?.at(axis))
  if (rewriter.constant(node.inputs[1]) || !sizes.every(isNumber)) return node
  return withInput(withAttributes(node, { num_outputs: undefined }), 1, rewriter.addInts(node, 'split', sizes))
}

/** Opset 18 lets Pad name the axes it pads. */
export const pad: Rule = (node, known, rewriter) => {
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

/** A sequence made only to be taken apart again is a Split. */
export const splitToSequence: Rule = (node, known, rewriter) => {
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

/** Every sequence turned round as a whole: ReverseSequence, by which TensorFlow's ReverseV2 is exported. */
export const reversed: Rule = (node, known, rewriter) => {
  const axis = numberAttribute(node, 'time_axis', 0)
  const extent = known.shape(node.inputs[0])?.[axis]
  const given = node.inputs[1] as string
  const stretching = rewriter.source.producer(given)
  const lengths = stretching?.op === 'Expand' ? rewriter.resolve(stretching.inputs[0] as string) : given
  const stored = rewriter.constant(lengths)
  const each = stored ? toNumbers(stored) : known.elements(lengths)
  if (extent === undefined || !each || each.length === 0 || each.some((length) => length !== extent)) return node
  const ints = (name: string, value: number) => rewriter.addInts(node, name, [value])
  const inputs = [
    node.inputs[0] as string,
    ints('starts', -1),
    ints('ends', -(2 ** 31)),
    ints('axes', axis),
    ints('steps', -1),
  ]
  return { ...node, op: 'Slice', inputs, attributes: new Map() }
}
