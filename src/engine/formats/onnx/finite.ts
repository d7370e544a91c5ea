/** Weights must be numbers: a network with NaN or infinite weights has been broken in training. */
import { EspalierError } from '../../../contract/errors'
import type { Graph } from '../../graph/graph'
import { type TensorData, toFloat32 } from '../../graph/tensor'

/** Operators for which an infinite constant has a meaning: bounds and fillings. */
const bounds = new Set(['Clip', 'Pad', 'Where', 'Max', 'Min', 'ConstantOfShape', 'Identity', 'Cast', 'CastLike'])

/** x * 0 is 0 for every finite number and NaN otherwise: one pass without a branch. */
function allFinite(values: Float32Array | Float64Array): boolean {
  let sum = 0
  for (let i = 0; i < values.length; i++) sum += (values[i] as number) * 0
  return sum === 0
}

/** @returns `NaN`, `infinite`, or undefined where all elements are finite */
function fault({ dtype, data, dims }: TensorData): 'NaN' | 'infinite' | undefined {
  if (!dtype.includes('float')) return undefined
  const values = data instanceof Float64Array ? data : toFloat32({ dtype, data, dims })
  if (allFinite(values)) return undefined
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
