/** Looks for numbers that are not finite before they spoil statistics, and says where they are. */
import { EspalierError } from '../../contract/errors'
import { say } from '../../contract/sentences'
import type { Coupling } from '../coupling'
import type { Batch, Selection } from '../data/types'
import type { Graph } from '../graph/graph'
import { createSession, disposeValues } from '../runtime'
import { breathe } from './progress'

/** Samples that are run layer by layer; few, because every layer's output is held. */
const tried = 16

const firstNonFinite = (values: ArrayLike<number>): number => {
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i] as number)) return i
  return -1
}

function checkInputs(batch: Batch, indices: Int32Array): void {
  for (const [name, { data }] of batch.inputs) {
    const at = firstNonFinite(data)
    if (at < 0) continue
    const sample = indices[Math.floor((at * batch.count) / data.length)]
    throw new EspalierError(
      'DATA_NON_FINITE',
      `Sample ${sample} of the train split holds numbers that are not finite${name === '' ? '' : ` in "${name}"`}. Repair or remove it.`,
    )
  }
}

/**
 * Reads the whole calibration split and runs its first batch, layer by layer.
 * @throws DATA_NON_FINITE naming the sample, or the first layer whose activations are not finite
 */
export async function requireFiniteRun(
  graph: Graph,
  coupling: Coupling,
  calibration: Selection,
  batch: number,
  signal: AbortSignal,
): Promise<void> {
  for (let at = 0; at < calibration.indices.length; at += batch) {
    const indices = calibration.indices.subarray(at, at + batch)
    const rows = calibration.table.read(indices)
    checkInputs(rows, indices)
    if (at === 0) checkActivations(graph, coupling, calibration.table.read(indices.subarray(0, tried)))
    await breathe(signal)
  }
}

function checkActivations(graph: Graph, coupling: Coupling, batch: Batch): void {
  const session = createSession(graph, { fuse: false })
  try {
    const values = session.forward(
      batch.inputs,
      coupling.layers.map((layer) => layer.output),
    )
    try {
      for (const layer of coupling.layers) {
        const value = values.get(layer.output)
        if (!value || firstNonFinite(value.tensor.dataSync()) < 0) continue
        throw new EspalierError('DATA_NON_FINITE', say('error.activations-not-finite', { layer: layer.node.name }))
      }
    } finally {
      disposeValues(values)
    }
  } finally {
    session.dispose()
  }
}
