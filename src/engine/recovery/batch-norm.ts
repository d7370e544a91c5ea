/** Re-estimation of BatchNorm statistics: the cheapest recovery, no labels and no gradients. */
import type { Batch, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { reestimateBatchNorm } from '../runtime'

/** Samples that suffice for running statistics (what the peers use). */
export const bnSamples = 1024

/**
 * Cumulative means and variances over the first {@link bnSamples} of the selection, in batches. Without a BatchNorm the
 * network comes back as it is. A last batch too small for a variance is left out.
 * @param onBatch after each batch; throws to stop
 */
export async function reestimate(
  graph: Graph,
  selection: Selection,
  batch: number,
  onBatch: (done: number, total: number) => Promise<void>,
): Promise<Graph> {
  const indices = selection.indices.subarray(0, bnSamples)
  async function* feeds(): AsyncGenerator<Batch['inputs']> {
    for (let at = 0; at < indices.length; at += batch) {
      const rows = indices.subarray(at, at + batch)
      if (at > 0 && rows.length < 2) return
      yield selection.table.read(rows).inputs
      await onBatch(at + rows.length, indices.length)
    }
  }
  return reestimateBatchNorm(graph, feeds())
}
