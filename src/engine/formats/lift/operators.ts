/** The operators that TensorFlow's graphs and Keras' layers share, in terms of the canonical graph. */
import { float, type GraphNode, int, ints, text } from '../../graph/graph'
import type { TensorData } from '../../graph/tensor'
import { type Attributes, type Lift, type Lifted, physicalAxis } from './builder'
import { permuteTensor, reshapeTensor } from './layout'

export interface Window {
  /** Spatial extents only. */
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  readonly padding: 'SAME' | 'VALID' | readonly number[]
}

/** @param padding explicit: [begin, end] an axis, as TensorFlow orders them */
function windowAttributes({ strides, dilations, padding }: Window): Attributes {
  const pads = typeof padding === 'string' ? undefined : padding
  return {
    strides: ints(strides),
    dilations: ints(dilations),
    ...(padding === 'SAME' ? { auto_pad: text('SAME_UPPER') } : {}),
    ...(pads ? { pads: ints([...pads.filter((_, i) => i % 2 === 0), ...pads.filter((_, i) => i % 2 === 1)]) } : {}),
  }
}

export const dataOf = (lift: Lift, x: Lifted, of: string): TensorData =>
  x.data ??
  lift.refuse(
    `The weight of ${of} is computed while the network runs, which Espalier cannot follow. Export the network with constant weights.`,
  )

/** Convolution of any number of spatial axes. @param kernel [..., in / groups, out] */
export function convolution(
  lift: Lift,
  name: string,
  x: Lifted,
  kernel: Lifted,
  bias: Lifted | undefined,
  window: Window,
  groups = 1,
): Lifted {
  const data = dataOf(lift, kernel, name)
  const spatial = x.rank - 2
  if (data.dims.length !== x.rank)
    lift.invalid(`The weight of "${name}" has ${data.dims.length} axes for an input of ${x.rank}.`)
  const axes = Array.from({ length: spatial }, (_, i) => i)
  const weight = lift.store(kernel.value, permuteTensor(data, [spatial + 1, spatial, ...axes]), 'conv', data)
  const inputs = [lift.first(x), weight, ...(bias ? [lift.last(bias)] : [])]
  const value = lift.node('Conv', name, inputs, {
    ...windowAttributes(window),
    kernel_shape: ints(data.dims.slice(0, spatial)),
    group: int(groups),
  })
  return { value, rank: x.rank, first: true, dtype: 'float' }
}

/** @param kernel [..., channels, multiplier] */
export function depthwise(
  lift: Lift,
  name: string,
  x: Lifted,
  kernel: Lifted,
  bias: Lifted | undefined,
  window: Window,
): Lifted {
  const data = dataOf(lift, kernel, name)
  const spatial = x.rank - 2
  if (data.dims.length !== x.rank)
    lift.invalid(`The weight of "${name}" has ${data.dims.length} axes for an input of ${x.rank}.`)
  const axes = Array.from({ length: spatial }, (_, i) => i)
  const [channels, multiplier] = data.dims.slice(spatial) as [number, number]
  const turned = permuteTensor(data, [spatial, spatial + 1, ...axes])
  const kernelShape = data.dims.slice(0, spatial)
  const weight = lift.store(
    kernel.value,
    reshapeTensor(turned, [channels * multiplier, 1, ...kernelShape]),
    'depthwise',
    data,
  )
  const inputs = [lift.first(x), weight, ...(bias ? [lift.last(bias)] : [])]
  const value = lift.node('Conv', name, inputs, {
    ...windowAttributes(window),
    kernel_shape: ints(kernelShape),
    group: int(channels),
  })
  return { value, rank: x.rank, first: true, dtype: 'float' }
}

/**
 * The gradient of a convolution as a layer.
 * @param kernel [..., out, in]
 * @param extra what Keras 3 adds behind each axis, where the layer says so (output_padding)
 */
export function transposedConvolution(
  lift: Lift,
  name: string,
  x: Lifted,
  kernel: Lifted,
  bias: Lifted | undefined,
  window: Window,
  extra?: readonly number[],
): Lifted {
  const data = dataOf(lift, kernel, name)
  const spatial = x.rank - 2
  if (data.dims.length !== x.rank)
    lift.invalid(`The weight of "${name}" has ${data.dims.length} axes for an input of ${x.rank}.`)
  const axes = Array.from({ length: spatial }, (_, i) => i)
  const weight = lift.store(kernel.value, permuteTensor(data, [spatial + 1, spatial, ...axes]), 'transposed', data)
  // SAME gives `stride` times the extent, VALID all that the window touches.
  const sizes = axes.map((i) => ((data.dims[i] as number) - 1) * (window.dilations[i] ?? 1) + 1)
  const surplus = axes.map((i) => (sizes[i] as number) - (window.strides[i] as number))
  const cut = surplus.map((each) => (window.padding === 'SAME' ? Math.max(0, each) : 0))
  // Before and behind each axis; below zero is added instead.
  const ends = axes.map((i): [number, number] => {
    const [size, more] = [sizes[i] as number, extra?.[i]]
    if (more === undefined) return [Math.floor((cut[i] as number) / 2), Math.ceil((cut[i] as number) / 2)]
    if (window.padding !== 'SAME') return [0, -more]
    const total = size + (size % 2) - 2 + more
    const before = Math.min(Math.ceil(total / 2), size - 1)
    return [size - 1 - before, size - 1 - (total - before)]
  })
  const value = lift.node('ConvTranspose', name, [lift.first(x), weight, ...(bias ? [lift.last(bias)] : [])], {
    strides: ints(window.strides),
    dilations: ints(window.dilations),
    kernel_shape: ints(data.dims.slice(0, spatial)),
    pads: ints([...ends.map(([before]) => before), ...ends.map(([, behind]) => Math.max(0, behind))]),
    output_padding: ints(
      axes.map((i) => (extra ? Math.max(0, -(ends[i]?.[1] ?? 0)) : Math.max(0, -(surplus[i] as number)))),
    ),
    group: int(1),
  })
  return { value, rank: x.rank, first: true, dtype: 'float' }
}

/** @param kernel [in, out] */
export function dense(lift: Lift, name: string, x: Lifted, kernel: Lifted, bias: Lifted | undefined): Lifted {
  const data = dataOf(lift, kernel, name)
  if (data.dims.length !== 2) lift.invalid(`The weight of "${name}" has ${data.dims.length} axes where 2 are needed.`)
  if (x.rank === 2) {
    const inputs = [lift.last(x), lift.last(kernel), ...(bias ? [lift.last(bias)] : [])]
    return { value: lift.node('Gemm', name, inputs), rank: 2, first: false, dtype: 'float' }
  }
  const product = lift.node('MatMul', name, [lift.last(x), lift.last(kernel)])
  const plain: Lifted = { value: product, rank: x.rank, first: false, dtype: 'float' }
  return bias ? lift.elementwise('Add', `${name}/bias`, [plain, bias]) : plain
}

export function pool(
  lift: Lift,
  op: 'MaxPool' | 'AveragePool',
  name: string,
  x: Lifted,
  size: readonly number[],
  strides: readonly number[],
  padding: Window['padding'],
): Lifted {
  const { dilations: _, ...attributes } = windowAttributes({ strides, dilations: [], padding })
  const value = lift.node(op, name, [lift.first(x)], { ...attributes, kernel_shape: ints(size) })
  return { value, rank: x.rank, first: x.rank > 2, dtype: 'float' }
}

/** Scale, shift, mean and variance of each channel (the source's last axis). */
export function batchNorm(lift: Lift, name: string, x: Lifted, parameters: readonly Lifted[], epsilon: number): Lifted {
  const inputs = [lift.first(x), ...parameters.map((parameter) => lift.last(parameter))]
  const value = lift.node('BatchNormalization', name, inputs, { epsilon: float(epsilon) })
  return { value, rank: x.rank, first: x.rank > 2, dtype: 'float' }
}

/** Along axes of the source. */
export function reduce(
  lift: Lift,
  op: string,
  name: string,
  x: Lifted,
  axes: readonly number[],
  keep: boolean,
): Lifted {
  const plain = axes.map((axis) => (axis < 0 ? axis + x.rank : axis))
  if (plain.some((axis) => !Number.isInteger(axis) || axis < 0 || axis >= x.rank)) {
    lift.invalid(`"${name}" reduces an axis that its input, which has ${x.rank}, does not have.`)
  }
  const channels = plain.includes(x.rank - 1)
  // Without its channels, or without its batch, a value lies as in the source again.
  const source = x.first && !keep && plain.includes(0) ? { ...x, value: lift.last(x), first: false } : x
  const held = source.first ? plain.map((axis) => physicalAxis(axis, x.rank)) : plain
  const sorted = [...held].sort((a, b) => a - b)
  const input = source.first ? source.value : lift.last(source)
  const value =
    op === 'ReduceSum'
      ? lift.node(op, name, [input, lift.numbers('axes', sorted)], { keepdims: int(keep ? 1 : 0) })
      : lift.node(op, name, [input], { axes: ints(sorted), keepdims: int(keep ? 1 : 0) })
  const rank = keep ? x.rank : x.rank - plain.length
  return { value, rank, first: source.first && rank > 2 && (keep || !channels), dtype: x.dtype }
}

/** Where the greatest or least number along an axis stands; the axis is dropped. */
export function extremum(lift: Lift, op: 'ArgMax' | 'ArgMin', name: string, x: Lifted, axis: number): Lifted {
  const plain = axis < 0 ? axis + x.rank : axis
  // Without its channels, or without its batch, a value lies as in the source again.
  const held = x.first && plain > 0
  const at = held ? physicalAxis(plain, x.rank) : plain
  const value = lift.node(op, name, [held ? x.value : lift.last(x)], { axis: int(at), keepdims: int(0) })
  const rank = x.rank - 1
  return { value, rank, first: held && plain < x.rank - 1 && rank > 2, dtype: 'integer' }
}

export function concat(lift: Lift, name: string, parts: readonly Lifted[], axis: number): Lifted {
  const rank = parts[0]?.rank ?? 0
  const plain = axis < 0 ? axis + rank : axis
  const first = parts.some((part) => part.first)
  const names = parts.map((part) => (first ? lift.first(part) : lift.last(part)))
  const value = lift.node('Concat', name, names, { axis: int(first ? physicalAxis(plain, rank) : plain) })
  return { value, rank, first, dtype: parts[0]?.dtype ?? 'float' }
}

/** @param pads [before, after] for each axis of the source */
export function pad(
  lift: Lift,
  name: string,
  x: Lifted,
  pads: readonly (readonly number[])[],
  mode: string,
  fill = 0,
): Lifted {
  const order = x.first
    ? [0, x.rank - 1, ...Array.from({ length: x.rank - 2 }, (_, i) => i + 1)]
    : pads.map((_, i) => i)
  const flat = [...order.map((axis) => pads[axis]?.[0] ?? 0), ...order.map((axis) => pads[axis]?.[1] ?? 0)]
  const inputs = [x.first ? x.value : lift.last(x), lift.numbers('pads', flat)]
  if (fill !== 0) inputs.push(lift.last(lift.scalar(fill)))
  return { ...held(x), value: lift.node('Pad', name, inputs, { mode: text(mode) }) }
}

const held = ({ rank, first, dtype }: Lifted) => ({ rank, first, dtype })

/** @param ranges [begin, end, step] for some axes of the source */
export function slice(
  lift: Lift,
  name: string,
  x: Lifted,
  ranges: readonly { axis: number; begin: number; end: number; step: number }[],
): Lifted {
  if (ranges.length === 0) return x
  const axes = ranges.map(({ axis }) => (x.first ? physicalAxis(axis, x.rank) : axis))
  const inputs = [
    x.first ? x.value : lift.last(x),
    lift.numbers(
      'starts',
      ranges.map(({ begin }) => begin),
    ),
    lift.numbers(
      'ends',
      ranges.map(({ end }) => end),
    ),
    lift.numbers('axes', axes),
    lift.numbers(
      'steps',
      ranges.map(({ step }) => step),
    ),
  ]
  return { ...held(x), value: lift.node('Slice', name, inputs) }
}

export function split(lift: Lift, name: string, x: Lifted, axis: number, sizes: readonly number[]): Lifted[] {
  const plain = axis < 0 ? axis + x.rank : axis
  const inputs = [x.first ? x.value : lift.last(x), lift.numbers('sizes', sizes)]
  const at = int(x.first ? physicalAxis(plain, x.rank) : plain)
  return lift.nodeOf('Split', name, inputs, { axis: at }, sizes.length).map((value) => ({ ...held(x), value }))
}

/** Drops axes of extent 1 of the source. */
export function squeeze(lift: Lift, name: string, x: Lifted, axes: readonly number[]): Lifted {
  const plain = axes.map((axis) => (axis < 0 ? axis + x.rank : axis))
  const spatial = plain.every((axis) => axis > 0 && axis < x.rank - 1)
  const rank = x.rank - plain.length
  const keeps = x.first && spatial
  const at = keeps ? plain.map((axis) => physicalAxis(axis, x.rank)) : plain
  const value = lift.node('Squeeze', name, [keeps ? x.value : lift.last(x), lift.numbers('axes', at)])
  return { value, rank, first: keeps && rank > 2, dtype: x.dtype }
}

/** @param axis where the new axis lies in the result */
export function unsqueeze(lift: Lift, name: string, x: Lifted, axis: number): Lifted {
  const plain = axis < 0 ? axis + x.rank + 1 : axis
  const value = lift.node('Unsqueeze', name, [lift.last(x), lift.numbers('axes', [plain])])
  return { value, rank: x.rank + 1, first: false, dtype: x.dtype }
}

/** @param shape with -1 for the one that follows, 0 for one that stays */
export function reshape(lift: Lift, name: string, x: Lifted, shape: readonly number[]): Lifted {
  const value = lift.node('Reshape', name, [lift.last(x), lift.numbers(`${name}/shape`, shape)])
  return { value, rank: shape.length, first: false, dtype: x.dtype }
}

/** Turning to channels first and back only changes how the value is spoken of. */
export function transpose(lift: Lift, name: string, x: Lifted, perm: readonly number[]): Lifted {
  const { rank, dtype } = x
  const toLast = perm.join() === [0, ...Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 2), 1].join()
  const toFirst =
    perm.join() === [0, rank - 1, ...Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 1)].join()
  if (rank > 2 && !x.data && toLast && !x.first) return { value: x.value, rank, first: true, dtype }
  if (rank > 2 && !x.data && toFirst && x.first) return { value: x.value, rank, first: false, dtype }
  return { value: lift.node('Transpose', name, [lift.last(x)], { perm: ints(perm) }), rank, first: false, dtype }
}

export function softmax(lift: Lift, op: 'Softmax' | 'LogSoftmax', name: string, x: Lifted, axis = -1): Lifted {
  const plain = axis < 0 ? axis + x.rank : axis
  return lift.unary(op, name, x, { axis: int(x.first ? physicalAxis(plain, x.rank) : plain) })
}

/** Of images, to sizes or by scales. */
export function resize(
  lift: Lift,
  name: string,
  x: Lifted,
  to: { sizes: readonly number[] } | { scales: readonly number[] },
  mode: 'nearest' | 'linear' | 'cubic',
  coordinates: 'half_pixel' | 'asymmetric' | 'align_corners',
): Lifted {
  const roi = ''
  const inputs = [lift.first(x), roi]
  if ('scales' in to) {
    const scales = Float32Array.from([1, 1, ...to.scales])
    inputs.push(lift.store(`${name}/scales`, { dtype: 'float32', dims: [scales.length], data: scales }))
  } else {
    // The batch and the channels are taken from the value itself, so that both stay free.
    const shape = lift.node('Shape', `${name}/Shape`, [lift.first(x)])
    const kept = lift.node('Slice', `${name}/kept`, [
      shape,
      lift.numbers('starts', [0]),
      lift.numbers('ends', [2]),
      lift.numbers('axes', [0]),
    ])
    const sizes = lift.node('Concat', `${name}/sizes`, [kept, lift.numbers('sizes', to.sizes)], { axis: int(0) })
    inputs.push('', sizes)
  }
  const value = lift.node('Resize', name, inputs, {
    mode: text(mode),
    coordinate_transformation_mode: text(coordinates),
    nearest_mode: text(coordinates === 'align_corners' ? 'round_prefer_ceil' : 'floor'),
  })
  return { value, rank: x.rank, first: true, dtype: 'float' }
}

/** Gives a layer without a bias one, where the addition directly follows it; undefined where that cannot be. */
export function absorbBias(lift: Lift, x: Lifted, bias: Lifted): Lifted | undefined {
  const node = lift.producer(x.value)
  if (!node || !bias.data || bias.rank !== 1 || bias.data.dtype !== 'float32') return undefined
  if (!['Conv', 'ConvTranspose', 'Gemm'].includes(node.op) || node.inputs.length !== 2) return undefined
  const grown: GraphNode = { ...node, inputs: [...node.inputs, lift.last(bias)] }
  lift.replace(node, grown)
  return x
}
