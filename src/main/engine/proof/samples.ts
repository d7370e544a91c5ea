/** The samples a proof runs on: rows of the data's own splits, or seeded noise where there is no data. */
import { EspalierError } from '../../../contract/errors'
import { stream } from '../../../engine/data/rng'
import type { Batch, DataSource, SampleTable } from '../../../engine/data/types'
import type { Graph, ValueInfo } from '../../../engine/graph/graph'
import type { HostTensor } from '../../../engine/runtime/types'

/** The table the final figures are taken on: test, else the user's verification split, else train. */
export const proofTable = (data: DataSource): SampleTable => data.test ?? data.validation ?? data.train

/** The first `limit` rows in batches. */
export function* batchesOf(table: SampleTable, batch: number, limit = table.count): Generator<Batch> {
  const end = Math.min(limit, table.count)
  for (let start = 0; start < end; start += batch) {
    yield table.read(Int32Array.from({ length: Math.min(batch, end - start) }, (_, i) => start + i))
  }
}

/**
 * Normal noise at the declared input shapes; a batch extent that the network fixes wins over `wanted`.
 * @throws SHAPE_MISMATCH where an extent beside the batch is open
 */
export function noiseBatch(graph: Graph, wanted = 8): Batch {
  const random = stream(0, 'noise')
  const first = graph.inputs[0]?.shape?.[0]
  const count = typeof first === 'number' ? first : wanted
  const inputs = new Map<string, HostTensor>()
  for (const input of graph.inputs) {
    const dims = extents(input, count)
    const length = dims.reduce((product, extent) => product * extent, 1)
    const data = input.dtype.startsWith('float')
      ? Float32Array.from({ length }, () => random.normal())
      : Int32Array.from({ length }, () => random.integer(2))
    inputs.set(input.name, { dims, data })
  }
  return { count, inputs, labels: null }
}

function extents(input: ValueInfo, count: number): number[] {
  return (input.shape ?? []).map((extent, axis) => {
    if (typeof extent === 'number') return extent
    if (axis === 0) return count
    throw new EspalierError(
      'SHAPE_MISMATCH',
      `The input "${input.name}" leaves its extent "${extent}" open, so no sample of it can be made up for the proof. Give --data with real samples.`,
    )
  })
}
