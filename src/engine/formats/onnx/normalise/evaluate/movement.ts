/** Operators on constants that only move or repeat elements. */
import { type GraphNode, numberAttribute, numbersAttribute } from '../../../../graph/graph'
import { gatherStrided, stridesOf } from '../../../../graph/strided'
import { arrayTypes, sizeOf, type TensorData, takeAlong, toNumbers } from '../../../../graph/tensor'
import { broadcastDims, broadcastStrides, evaluationLimit, unfit } from './numbers'

const axisOf = (node: GraphNode, rank: number, fallback: number, among = rank): number => {
  const given = numberAttribute(node, 'axis', fallback)
  const axis = given < 0 ? given + rank : given
  if (!Number.isInteger(axis) || axis < 0 || axis >= among) return unfit(node.op, `its axis ${given} is not there`)
  return axis
}

/** Axes come as an attribute in old opsets and as an input in new ones. */
const axesOf = (node: GraphNode, inputs: readonly (TensorData | undefined)[], rank: number): number[] | undefined => {
  const given = inputs[1] ? toNumbers(inputs[1]) : numbersAttribute(node, 'axes', undefined)
  return given?.map((axis) => {
    const result = axis < 0 ? axis + rank : axis
    return Number.isInteger(result) && result >= 0 && result < rank
      ? result
      : unfit(node.op, `its axis ${axis} is not there`)
  })
}

const reshaped = (node: GraphNode, x: TensorData, dims: readonly number[]): TensorData =>
  sizeOf(dims) === x.data.length
    ? { ...x, dims }
    : unfit(node.op, `[${x.dims.join(', ')}] cannot become [${dims.join(', ')}]`)

function reshape(node: GraphNode, x: TensorData, wanted: readonly number[]): TensorData {
  const keepZero = numberAttribute(node, 'allowzero', 0) === 1
  const dims = wanted.map((dim, i) => (dim === 0 && !keepZero ? (x.dims[i] ?? 0) : dim))
  const hole = dims.indexOf(-1)
  if (hole >= 0) dims[hole] = x.data.length / sizeOf(dims.filter((_, i) => i !== hole))
  if (!dims.every((dim) => Number.isInteger(dim) && dim >= 0)) return unfit(node.op, `no shape [${wanted.join(', ')}]`)
  return reshaped(node, x, dims)
}

function concat(node: GraphNode, inputs: readonly TensorData[]): TensorData {
  const first = inputs[0] as TensorData
  const axis = axisOf(node, first.dims.length, 0)
  const fits = inputs.every(
    (x) =>
      x.dtype === first.dtype &&
      x.dims.length === first.dims.length &&
      x.dims.every((dim, i) => i === axis || dim === first.dims[i]),
  )
  if (!fits) return unfit(node.op, `[${inputs.map((x) => x.dims.join(', ')).join('] and [')}] do not fit`)
  const extent = inputs.reduce((sum, x) => sum + (x.dims[axis] as number), 0)
  const dims = first.dims.map((dim, i) => (i === axis ? extent : dim))
  const outer = sizeOf(dims.slice(0, axis))
  const data = new arrayTypes[first.dtype](sizeOf(dims)) as Float32Array
  let at = 0
  for (let o = 0; o < outer; o++) {
    for (const x of inputs) {
      const part = x.data.length / outer
      data.set((x.data as Float32Array).subarray(o * part, (o + 1) * part), at)
      at += part
    }
  }
  return { dtype: first.dtype, dims, data }
}

function gather(node: GraphNode, x: TensorData, indices: TensorData): TensorData {
  const axis = axisOf(node, x.dims.length, 0)
  const extent = x.dims[axis] as number
  const wanted = toNumbers(indices).map((i) => (i < 0 ? i + extent : i))
  if (wanted.some((i) => i < 0 || i >= extent)) return unfit(node.op, `it reads beyond its ${extent} elements`)
  const taken = takeAlong(x, axis, wanted)
  return { ...taken, dims: [...x.dims.slice(0, axis), ...indices.dims, ...x.dims.slice(axis + 1)] }
}

function slice(node: GraphNode, inputs: readonly (TensorData | undefined)[]): TensorData {
  const x = inputs[0] as TensorData
  const list = (i: number, name: string) => (inputs[i] ? toNumbers(inputs[i]) : numbersAttribute(node, name, undefined))
  const starts = list(1, 'starts') ?? []
  const ends = list(2, 'ends') ?? []
  const axes = list(3, 'axes') ?? starts.map((_, i) => i)
  const steps = list(4, 'steps') ?? starts.map(() => 1)
  const strides = stridesOf(x.dims)
  const dims = [...x.dims]
  let offset = 0
  for (const [k, given] of axes.entries()) {
    const axis = given < 0 ? given + dims.length : given
    const extent = x.dims[axis]
    const step = steps[k] ?? 1
    if (extent === undefined || step === 0) return unfit(node.op, `its axis ${given} or step ${step} is impossible`)
    const wrap = (value: number) => (value < 0 ? value + extent : value)
    const [low, high] = step > 0 ? [0, extent] : [-1, extent - 1]
    const clamp = (value: number) => Math.min(Math.max(value, low as number), high as number)
    const start = clamp(wrap(starts[k] as number))
    const end = clamp(wrap(ends[k] as number))
    offset += Math.max(0, start) * (strides[axis] as number)
    dims[axis] = Math.max(0, Math.ceil((end - start) / step))
    strides[axis] = (strides[axis] as number) * step
  }
  return gatherStrided(x, dims, strides, offset)
}

function transpose(node: GraphNode, x: TensorData): TensorData {
  const order = numbersAttribute(node, 'perm', undefined) ?? x.dims.map((_, i) => x.dims.length - 1 - i)
  const complete = order.length === x.dims.length && x.dims.every((_, axis) => order.includes(axis))
  if (!complete) return unfit(node.op, `[${order.join(', ')}] is no order of ${x.dims.length} axes`)
  const strides = stridesOf(x.dims)
  const at = (list: readonly number[]) => order.map((axis) => list[axis] as number)
  return gatherStrided(x, at(x.dims), at(strides))
}

function expand(node: GraphNode, x: TensorData, wanted: readonly number[]): TensorData | undefined {
  const dims = broadcastDims([x.dims, wanted])
  if (!dims?.every((dim) => Number.isInteger(dim) && dim >= 0)) {
    return unfit(node.op, `[${x.dims.join(', ')}] cannot become [${wanted.join(', ')}]`)
  }
  return sizeOf(dims) > evaluationLimit ? undefined : gatherStrided(x, dims, broadcastStrides(x.dims, dims))
}

function tile(node: GraphNode, x: TensorData, repeats: readonly number[]): TensorData | undefined {
  if (repeats.length !== x.dims.length || !repeats.every((n) => Number.isInteger(n) && n >= 0)) {
    return unfit(node.op, `it repeats [${repeats.join(', ')}] times`)
  }
  // [d] repeated n times is [n, d] read with stride 0 along n.
  const dims = x.dims.flatMap((dim, i) => [repeats[i] as number, dim])
  if (sizeOf(dims) > evaluationLimit) return undefined
  const strides = stridesOf(x.dims).flatMap((stride) => [0, stride])
  const { data, dtype } = gatherStrided(x, dims, strides)
  return { dtype, data, dims: x.dims.map((dim, i) => dim * (repeats[i] as number)) }
}

function unsqueeze(node: GraphNode, x: TensorData, inputs: readonly (TensorData | undefined)[]): TensorData {
  const given = inputs[1] ? toNumbers(inputs[1]) : (numbersAttribute(node, 'axes', undefined) ?? [])
  const axes = axesOf(node, inputs, x.dims.length + given.length) ?? []
  const rest = [...x.dims]
  const dims = Array.from({ length: x.dims.length + axes.length }, (_, i) =>
    axes.includes(i) ? 1 : (rest.shift() ?? 1),
  )
  return reshaped(node, x, dims)
}

function squeeze(node: GraphNode, x: TensorData, inputs: readonly (TensorData | undefined)[]): TensorData {
  const axes = axesOf(node, inputs, x.dims.length)
  return reshaped(
    node,
    x,
    x.dims.filter((dim, i) => (axes ? !axes.includes(i) : dim !== 1)),
  )
}

function split(node: GraphNode, x: TensorData, given: readonly number[] | undefined): TensorData[] {
  const axis = axisOf(node, x.dims.length, 0)
  const extent = x.dims[axis] as number
  const size = Math.ceil(extent / node.outputs.length)
  const sizes = given ?? node.outputs.map((_, i) => Math.max(0, Math.min(size, extent - i * size)))
  if (sizes.reduce((a, b) => a + b, 0) !== extent) return unfit(node.op, `${sizes.join(' + ')} is not ${extent}`)
  let start = 0
  return sizes.map((count) => {
    const from = start
    start += count
    return takeAlong(
      x,
      axis,
      Array.from({ length: count }, (_, i) => from + i),
    )
  })
}

const flattened = (node: GraphNode, x: TensorData): TensorData => {
  const axis = axisOf(node, x.dims.length, 1, x.dims.length + 1)
  return reshaped(node, x, [sizeOf(x.dims.slice(0, axis)), sizeOf(x.dims.slice(axis))])
}

/** @returns one tensor an output; undefined for an operator that is not of this kind or would grow too large */
export function evaluateMovement(
  node: GraphNode,
  inputs: readonly (TensorData | undefined)[],
): readonly (TensorData | undefined)[] | undefined {
  const [x, second] = inputs
  if (!x) return undefined
  switch (node.op) {
    case 'Identity':
    case 'Dropout':
      return [x]
    case 'Reshape':
      return second && [reshape(node, x, toNumbers(second))]
    case 'Flatten':
      return [flattened(node, x)]
    case 'Squeeze':
      return [squeeze(node, x, inputs)]
    case 'Unsqueeze':
      return [unsqueeze(node, x, inputs)]
    case 'Concat':
      return [concat(node, inputs as TensorData[])]
    case 'Gather':
      return second && [gather(node, x, second)]
    case 'Slice':
      return [slice(node, inputs)]
    case 'Transpose':
      return [transpose(node, x)]
    case 'Expand':
      return second && [expand(node, x, toNumbers(second))]
    case 'Tile':
      return second && [tile(node, x, toNumbers(second))]
    case 'Split':
      return split(node, x, second ? toNumbers(second) : numbersAttribute(node, 'split', undefined))
    default:
      return undefined
  }
}
