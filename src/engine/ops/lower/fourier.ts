/** Lowering of DFT and STFT: products with the table of the transform, whose real and imaginary columns lie side by side. */
import { type GraphNode, numberAttribute } from '../../graph/graph'
import { float32, type TensorData, tensor, toFloat32 } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { knownDims, targetDims } from './common'

/** The axis that is transformed; without one it is the last before the parts. @throws through `fail` where it is computed */
export function dftAxis(
  context: {
    readonly node: GraphNode
    has(i: number): boolean
    constant(i: number): TensorData | undefined
  },
  rank: number,
): number {
  const given = context.has(2) ? Number(context.constant(2)?.data[0] ?? rank - 2) : rank - 2
  return given < 0 ? given + rank : given
}

interface Transform {
  /** Samples read, and of how many the transform is. */
  readonly samples: number
  readonly length: number
  readonly results: number
  readonly inverse: boolean
  /** Whether half the frequencies are given for real samples. */
  readonly oneSided: boolean
  /** 1 for real numbers, 2 with imaginary parts. */
  readonly partsIn: number
  readonly partsOut: number
}

/** [samples * partsIn, results * partsOut]: row (n, part), column (k, part); exp(-2 pi i n k / length), conjugate and mean for the inverse. */
function table({ samples, length, results, inverse, oneSided, partsIn, partsOut }: Transform): Float32Array {
  const width = results * partsOut
  const values = new Float32Array(samples * partsIn * width)
  const given = Math.min(samples, oneSided && inverse ? Math.floor(length / 2) + 1 : length)
  for (let n = 0; n < given; n++) {
    // Of half the frequencies all but the ends stand for their mirror image too.
    const twice = oneSided && inverse && n > 0 && 2 * n !== length ? 2 : 1
    const scale = inverse ? twice / length : 1
    for (let k = 0; k < results; k++) {
      const angle = ((inverse ? 2 : -2) * Math.PI * ((n * k) % length)) / length
      const [cos, sin] = [scale * Math.cos(angle), scale * Math.sin(angle)]
      const at = n * partsIn * width + k * partsOut
      values[at] = cos
      if (partsOut > 1) values[at + 1] = sin
      if (partsIn > 1) values[at + width] = -sin
      if (partsIn > 1 && partsOut > 1) values[at + width + 1] = cos
    }
  }
  return values
}

/** Rows of samples, each with its parts: [rows, samples * parts]. */
function transformed(context: LoweringContext, rows: Register, transform: Transform, values: Float32Array): Register {
  const dims = [transform.samples * transform.partsIn, transform.results * transform.partsOut]
  const matrix = context.literal(float32(dims, values))
  return context.emit('MatMul', [rows, matrix], { transpose_a: false, transpose_b: false }, 'plain')
}

export function lowerDft(context: LoweringContext): void {
  const { node } = context
  const shape = context.shape(0)
  const result = context.outputShape(0)
  const rank = shape.length
  if (context.has(2) && !context.constant(2)) context.fail('its axis is computed')
  const axis = dftAxis(context, rank)
  const [samples, partsIn] = knownDims(context, [shape[axis] ?? 0, shape[rank - 1] ?? 0]) as [number, number]
  const [results, partsOut] = knownDims(context, [result[axis] ?? 0, result[rank - 1] ?? 0]) as [number, number]
  const inverse = numberAttribute(node, 'inverse', 0) === 1
  const oneSided = numberAttribute(node, 'onesided', 0) === 1
  const told = context.has(1) ? context.constant(1) : undefined
  if (context.has(1) && !told) context.fail('its length is computed')
  const length = told ? Number(told.data[0]) : oneSided && inverse ? results : samples
  const transform = { samples, length, results, inverse, oneSided, partsIn, partsOut }
  // The axis beside its parts, at the end; and back.
  const front = [...shape.keys()].filter((i) => i !== axis && i !== rank - 1)
  const perm = [...front, axis, rank - 1]
  const back = [...shape.keys()].map((i) => perm.indexOf(i))
  const moves = perm.some((from, to) => from !== to)
  const x = context.input(0, 'plain')
  const beside = moves ? context.emit('Transpose', [x], { perm }, 'plain') : x
  const rows = context.emit('Reshape', [beside], { shape: [-1, samples * partsIn] }, 'plain')
  const product = transformed(context, rows, transform, table(transform))
  const dims = targetDims(
    context,
    perm.map((from) => result[from] ?? 0),
  )
  const y = context.emit('Reshape', [product], { shape: dims }, 'plain')
  context.output(0, moves ? context.emit('Transpose', [y], { perm: back }, 'plain') : y)
}

export function lowerStft(context: LoweringContext): void {
  const { node } = context
  const shape = context.shape(0)
  if (shape.length === 3 && shape[2] !== 1) context.fail('its signal has imaginary parts')
  const [frames, results] = knownDims(context, context.outputShape(0).slice(1, 3)) as [number, number]
  const [step, told] = [1, 3].map((i) => (context.has(i) ? Number(context.constant(i)?.data[0] ?? Number.NaN) : 0)) as [
    number,
    number,
  ]
  const window = context.has(2) ? context.constant(2) : undefined
  if (context.has(2) && !window) context.fail('its window is computed')
  const length = context.has(3) ? told : (window?.dims[0] ?? 0)
  if (!(step > 0 && length > 0)) context.fail('its frames are computed')
  if (window && window.data.length !== length)
    context.fail(`its window of ${window.data.length} does not fill a frame of ${length}`)
  const oneSided = numberAttribute(node, 'onesided', 1) === 1
  const transform = { samples: length, length, results, inverse: false, oneSided, partsIn: 1, partsOut: 2 }
  const values = table(transform)
  const weights = window && toFloat32(window)
  // A window weighs the samples, and so the rows of the table.
  if (weights)
    for (let i = 0; i < values.length; i++) values[i] = (values[i] ?? 0) * (weights[Math.floor(i / (2 * results))] ?? 0)
  const [samples] = knownDims(context, shape.slice(1, 2)) as [number]
  const signal = context.emit('Reshape', [context.input(0, 'plain')], { shape: [-1, samples] }, 'plain')
  const places = Int32Array.from({ length: frames * length }, (_, i) => Math.floor(i / length) * step + (i % length))
  const cut = context.emit(
    'GatherV2',
    [signal, context.literal(tensor('int32', [places.length], places))],
    { axis: 1 },
    'plain',
  )
  const rows = context.emit('Reshape', [cut], { shape: [-1, length] }, 'plain')
  const product = transformed(context, rows, transform, values)
  context.output(0, context.emit('Reshape', [product], { shape: targetDims(context, context.outputShape(0)) }, 'plain'))
}
