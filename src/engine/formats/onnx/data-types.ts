/** TensorProto.DataType <-> the graph's data types. */
import { EspalierError } from '../../../contract/errors'
import type { DataType } from '../../graph/tensor'

const numbers: Readonly<Record<DataType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
}

const names = new Map(Object.entries(numbers).map(([name, number]) => [number, name as DataType]))

const refused = new Map([
  [8, 'string'],
  [14, 'complex64'],
  [15, 'complex128'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
  [21, 'uint4'],
  [22, 'int4'],
  [23, 'float4e2m1'],
])

export const hasDataType = (number: number | undefined): boolean => names.has(number ?? 0)

export const dataTypeNumber = (dtype: DataType): number => numbers[dtype]

/**
 * @param owner what has this type, for the sentence ("The weight \"w\"").
 * @throws MODEL_UNSUPPORTED_FEATURE for types a network of ours cannot hold, MODEL_INVALID for numbers that mean nothing.
 */
export function dataTypeOf(number: number | undefined, owner: string): DataType {
  const name = names.get(number ?? 0)
  if (name) return name
  const known = refused.get(number ?? 0)
  if (known) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `${owner} is of type ${known}, which Espalier cannot work with. Export the network in float32 or float16.`,
    )
  }
  throw new EspalierError(
    'MODEL_INVALID',
    `${owner} has no valid data type (${number ?? 'none is given'}). The file is damaged or was written by a faulty exporter.`,
  )
}
