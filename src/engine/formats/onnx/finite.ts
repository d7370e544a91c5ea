/** Weights must be numbers: a network with NaN or infinite weights has been broken in training. */
import { EspalierError } from '../../../contract/errors'
import type { Graph } from '../../graph/graph'
import { type TensorData, toFloat32 } from '../../graph/tensor'

/** Operators for which an infinite constant has a meaning: bounds and fillings. */
const bounds = new Set(['Clip', 'Pad', 'Where', 'Max', 'Min', 'ConstantOfShape', 'Identity', 'Cast', 'CastLike'])

/**
 * All exponent bits are set in NaN and the infinities, and only there: then adding one to the exponent reaches the sign.
 * Whole numbers, four at a time, because every weight of every network passes here.
 */
function allFinite({ buffer, byteOffset, length }: Float32Array): boolean {
  const bits = new Int32Array(buffer, byteOffset, length)
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (; i + 3 < length; i += 4) {
    a |= ((bits[i] as number) & 0x7f800000) + 0x00800000
    b |= ((bits[i + 1] as number) & 0x7f800000) + 0x00800000
    c |= ((bits[i + 2] as number) & 0x7f800000) + 0x00800000
    d |= ((bits[i + 3] as number) & 0x7f800000) + 0x00800000
  }
  for (; i < length; i++) a |= ((bits[i] as number) & 0x7f800000) + 0x00800000
  return (a | b | c | d) >= 0
}

/** Exponent bits of the 16-bit floats. */
const exponents = { float16: 0x7c00, bfloat16: 0x7f80 } as const

function holdsNumbers({ dtype, data }: TensorData): boolean {
  if (dtype === 'float32') return allFinite(data as Float32Array)
  if (dtype === 'float64') return (data as Float64Array).every((value) => Number.isFinite(value))
  const mask = exponents[dtype as keyof typeof exponents]
  return (data as Uint16Array).every((bits) => (bits & mask) !== mask)
}

/** @returns `NaN`, `infinite`, or undefined where all elements are finite */
function fault(constant: TensorData): 'NaN' | 'infinite' | undefined {
  if (!constant.dtype.includes('float') || holdsNumbers(constant)) return undefined
  const values = constant.data instanceof Float64Array ? constant.data : toFloat32(constant)
  return values.some((value) => Number.isNaN(value)) ? 'NaN' : 'infinite'
}

/** @throws MODEL_NON_FINITE that names the first such tensor */
export function verifyFinite(graph: Graph): void {
  for (const [name, constant] of graph.constants) {
    const kind = fault(constant)
    if (!kind) continue
    const readers = graph.consumers(name)
    if (kind === 'infinite' && readers.length > 0 && readers.every((node) => bounds.has(node.op))) continue
    const [by] = readers
    throw new EspalierError(
      'MODEL_NON_FINITE',
      `The weight "${name}"${by ? ` of ${by.op} "${by.name}"` : ''} holds ${kind === 'NaN' ? 'values that are not numbers (NaN)' : 'infinite values'}, so the network cannot compute anything. It was probably broken in training; use an earlier checkpoint.`,
    )
  }
}
