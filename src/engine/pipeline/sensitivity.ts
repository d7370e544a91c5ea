/** The sensitivity sweep: every group pruned alone to rising ratios, and the change of the result measured. */
import { say } from '../../contract/sentences'
import { firstOf } from '../data/batches'
import { measurePairs, type PairScore, type Runner, remembered } from '../evaluation'
import { rankAscending } from '../strategies/criteria'
import { applyPlan } from '../surgery'
import { breathe } from './progress'
import { type Run, withRunners } from './run'

/** Shares of a group that are removed. */
const ratios = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
/** Calibration samples that are looked at. */
const sweepSamples = 256

/**
 * Curves of the groups that have scores, measured on calibration samples without any refit.
 * @param scores one number a unit, in the order of `coupling.groups`; null where the group stays whole
 * @throws CANCELLED
 */
export async function sweepSensitivity(
  run: Run,
  scores: readonly (Float64Array | null)[],
): Promise<{ group: string; ratios: number[]; kl: number[] }[]> {
  const { graph, coupling, splits, task, hooks } = run
  const sample = firstOf(splits.calibration, sweepSamples)
  const options = { task, classes: run.data.classes.length, batch: run.batch, onBatch: () => breathe(hooks.signal) }
  const swept = coupling.groups.flatMap((group, g) => {
    const score = scores[g]
    return score ? [{ group, order: rankAscending(score).filter((index) => group.units[index] !== 0) }] : []
  })
  return withRunners([graph], async ([runner]) => {
    const original = remembered(runner as Runner)
    const curves: { group: string; ratios: number[]; kl: number[] }[] = []
    for (const [i, { group, order }] of swept.entries()) {
      const kl: number[] = [0]
      for (const ratio of ratios) {
        const removed = new Uint8Array(coupling.units + 1)
        // Two units stay whatever the ratio.
        const count = Math.min(Math.round(ratio * group.units.length), group.units.length - 2)
        for (const index of order.subarray(0, count)) removed[group.units[index] as number] = 1
        const [score] = await withRunners([applyPlan(graph, coupling, { removed })], (runners) =>
          measurePairs(original, runners, sample, options),
        )
        kl.push((score as PairScore).kl)
      }
      curves.push({ group: group.name, ratios: [0, ...ratios], kl })
      run.progress.report('decide', (i + 1) / swept.length, say('doing.sensitivity', { group: group.name }))
    }
    return curves
  })
}
