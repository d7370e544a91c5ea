/** Samples in shared memory, where all threads read them in place. */
import type { Batch, Selection } from '../data/types'

/** Samples that take more are not copied. */
const MOST_BYTES = 2 ** 28

type Input = Batch['inputs'] extends ReadonlyMap<string, infer T> ? T : never

/** Plain data; arrays by input. */
export interface SharedSamples {
  readonly count: number
  readonly inputs: ReadonlyMap<string, Input>
}

/** @returns null where there are none or they take too much */
export function sharedSamples({ table, indices }: Selection): SharedSamples | null {
  if (indices.length === 0) return null
  const one = table.read(indices.subarray(0, 1))
  const bytes = [...one.inputs.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
  if (bytes * indices.length > MOST_BYTES) return null
  const all = table.read(indices)
  return {
    count: all.count,
    inputs: new Map(
      [...all.inputs].map(([name, { dims, data }]) => {
        const memory = new SharedArrayBuffer(data.byteLength)
        const shared = data instanceof Int32Array ? new Int32Array(memory) : new Float32Array(memory)
        shared.set(data)
        return [name, { dims, data: shared }]
      }),
    ),
  }
}

/** What was shared as a table whose batches are copies. */
export function selectionOf({ count, inputs }: SharedSamples): Selection {
  const read = (indices: Int32Array): Batch => ({
    count: indices.length,
    inputs: new Map([...inputs].map(([name, input]) => [name, rowsOf(input, count, indices)])),
    labels: null,
  })
  return { table: { count, labels: null, read }, indices: Int32Array.from({ length: count }, (_, i) => i) }
}

function rowsOf({ dims, data }: Input, count: number, indices: Int32Array): Input {
  const width = data.length / count
  const rows =
    data instanceof Int32Array ? new Int32Array(width * indices.length) : new Float32Array(width * indices.length)
  indices.forEach((row, i) => {
    rows.set(data.subarray(row * width, (row + 1) * width), i * width)
  })
  return { dims: [indices.length, ...dims.slice(1)], data: rows }
}
