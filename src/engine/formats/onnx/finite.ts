/** Weights must be numbers: a network with NaN or infinite weights has been broken in training. */
import { EspalierError } from '../../../contract/errors'
import type { Graph, GraphNode } from '../../graph/graph'
import { type TensorData, toFloat32 } from '../../graph/tensor'

/** Operators for which an infinite constant has a meaning: bounds and fillings. */
const bounds = new Set(['Clip', 'Pad', 'Where', 'Max', 'Min', 'ConstantOfShape', 'Identity', 'Cast', 'CastLike'])

/** Operators that write other values into a filling. */
const fillers = new Set(['Expand', 'ScatterElements', 'ScatterND'])

/** Exponent bits: all of them are set in what is not finite. */
const exponents = { float32: 0x7f800000, float16: 0x7c00, bfloat16: 0x7f80 } as const

/** Looks at bits alone, as integers: every weight of every network passes here. */
function holdsNumbers({ dtype, data }: TensorData): boolean {
  if (dtype === 'float64') return (data as Float64Array).every((value) => Number.isFinite(value))
  const mask = exponents[dtype as keyof typeof exponents]
  const bits = dtype === 'float32' ? new Int32Array(data.buffer, data.byteOffset, data.length) : (data as Uint16Array)
  for (let i = 0; i < bits.length; i++) if (((bits[i] as number) & mask) === mask) return false
  return true
}

const numbersOf = (constant: TensorData): Float32Array | Float64Array =>
  constant.data instanceof Float64Array ? constant.data : toFloat32(constant)

/** @returns `NaN`, `infinite`, or undefined where all elements are finite */
function fault(constant: TensorData): 'NaN' | 'infinite' | undefined {
  if (!constant.dtype.includes('float') || holdsNumbers(constant)) return undefined
  const values = numbersOf(constant)
  return values.some((value) => Number.isNaN(value)) ? 'NaN' : 'infinite'
}

/**
 * A stored attention mask, which is added to scores: minus infinity where nothing is to be seen, zeros (or, before a
 * Softmax, distances) elsewhere. At least two axes, so that a bias broken in training is none.
 */
function isMask(graph: Graph, constant: TensorData, readers: readonly GraphNode[]): boolean {
  const values = numbersOf(constant)
  const shared = readers.every((node) => graph.consumers(node.outputs[0] ?? '').some(({ op }) => op === 'Softmax'))
  return (
    constant.dims.filter((extent) => extent > 1).length > 1 &&
    readers.every((node) => node.op === 'Add') &&
    values.every((value) => value === Number.NEGATIVE_INFINITY || value === 0 || (shared && Number.isFinite(value)))
  )
}

/** One number that fills what is written into it afterwards: the scores of all experts before those of the best few. */
function isFilling(constant: TensorData, readers: readonly GraphNode[]): boolean {
  const values = numbersOf(constant)
  return readers.every(({ op }) => fillers.has(op)) && values.every((value) => value === values[0])
}

/** @throws MODEL_NON_FINITE that names the first such tensor */
export function verifyFinite(graph: Graph): void {
  for (const [name, constant] of graph.constants) {
    const kind = fault(constant)
    if (!kind) continue
    const readers = graph.consumers(name)
    const meant =
      readers.every((node) => bounds.has(node.op)) || isMask(graph, constant, readers) || isFilling(constant, readers)
    if (kind === 'infinite' && readers.length > 0 && meant) continue
    const [by] = readers
    throw new EspalierError(
      'MODEL_NON_FINITE',
      `The weight "${name}"${by ? ` of ${by.op} "${by.name}"` : ''} holds ${kind === 'NaN' ? 'values that are not numbers (NaN)' : 'infinite values'}, so the network cannot compute anything. It was probably broken in training; use an earlier checkpoint.`,
    )
  }
}
