/** Proof that an exported file is the network in memory: an independent runtime runs both on the same samples. */
import { EspalierError } from '../../../contract/errors'
import type { ExportResult } from '../../../contract/run'
import type { Batch } from '../../../engine/data/types'
import type { Graph } from '../../../engine/graph/graph'
import { roundsItsMaps } from '../../../engine/graph/rounding'
import type { Feed, HostTensor } from '../../../engine/runtime/types'

/**
 * Largest error, relative to the output's scale, that still counts as the same network. With weights of 11 and 8
 * significant bits it bounds what rounding may do to answers, and lies far below what a wrong file answers.
 */
export const parityThresholds = { fp32: 1e-4, fp16: 1e-2, int8: 0.15 } as const satisfies Record<
  ExportResult['precision'],
  number
>

/**
 * As weights of 8 bits where the network itself rounds feature maps to whole numbers: where two runtimes disagree by a
 * last digit, a number may fall to the next step, and what follows differs by as much.
 */
export const parityThreshold = (graph: Graph, precision: ExportResult['precision']): number =>
  roundsItsMaps(graph) ? parityThresholds.int8 : parityThresholds[precision]

/** Whatever answers a batch with the network's outputs by name. */
export interface Runner {
  run(feed: Feed): Promise<ReadonlyMap<string, HostTensor>>
}

export interface Deviation {
  /** Largest |a - b| over all outputs and samples. */
  readonly maxAbsError: number
  /** Largest |a - b| over the largest |a| of the same output. */
  readonly maxRelError: number
  readonly passed: boolean
}

/** Collects the deviation of `b` from the reference `a`, batch by batch; the scale of an output is over all of them. */
export class DeviationMeter {
  private readonly outputs = new Map<string, { error: number; scale: number }>()

  /** @throws PARITY_FAILED where an output is missing or has another shape */
  add(reference: ReadonlyMap<string, HostTensor>, other: ReadonlyMap<string, HostTensor>): void {
    for (const [name, a] of reference) {
      const b = other.get(name)
      if (!b || b.data.length !== a.data.length) {
        throw new EspalierError(
          'PARITY_FAILED',
          `The exported file answers ${b ? `[${b.dims}]` : 'nothing'} for the output "${name}" where the network in memory answers [${a.dims}]. The file must not be used; please report this network.`,
        )
      }
      const found = this.outputs.get(name) ?? { error: 0, scale: 0 }
      for (let i = 0; i < a.data.length; i++) {
        const expected = a.data[i] as number
        const difference = Math.abs(expected - (b.data[i] as number))
        // Written so that a NaN on either side is an infinite error, not a silently passed comparison.
        if (!(difference <= found.error)) found.error = Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference
        if (Math.abs(expected) > found.scale) found.scale = Math.abs(expected)
      }
      this.outputs.set(name, found)
    }
  }

  result(threshold: number = parityThresholds.fp32): Deviation {
    let [maxAbsError, maxRelError] = [0, 0]
    for (const { error, scale } of this.outputs.values()) {
      maxAbsError = Math.max(maxAbsError, error)
      maxRelError = Math.max(maxRelError, error === 0 ? 0 : error / Math.max(scale, Number.MIN_VALUE))
    }
    return { maxAbsError, maxRelError, passed: this.outputs.size > 0 && maxRelError <= threshold }
  }
}

/** Runs both on every batch. */
export async function measureDeviation(
  reference: Runner,
  other: Runner,
  batches: Iterable<Batch>,
  signal?: AbortSignal,
  threshold: number = parityThresholds.fp32,
): Promise<Deviation> {
  const meter = new DeviationMeter()
  for (const batch of batches) {
    throwIfCancelled(signal)
    meter.add(await reference.run(batch.inputs), await other.run(batch.inputs))
  }
  return meter.result(threshold)
}

/** @throws CANCELLED */
export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new EspalierError(
      'CANCELLED',
      'The work was stopped before it was done. What was finished is kept; start it again to go on.',
    )
  }
}
