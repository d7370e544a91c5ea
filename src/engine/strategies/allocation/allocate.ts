/** From scores to an order of removal: the same ratio in every group, one threshold for all, or measured curves. */
import { EspalierError } from '../../../contract/errors'
import type { RunConfig } from '../../../contract/run'
import type { Coupling } from '../../coupling'
import type { CostModel } from '../../evaluation/cost'
import { rankAscending } from '../criteria'
import type { Removal } from '../trajectory'
import { type GroupLimits, widths } from './limits'

/** Units of one group that go together, and where in the common order. */
interface Block {
  readonly group: number
  /** Original indices, least important first. */
  readonly members: readonly number[]
  readonly key: number
}

export interface GroupScores {
  /** One number a unit; null: the group stays whole. */
  readonly scores: Float64Array | null
  /** Scores compare between groups as they are. */
  readonly comparable: boolean
}

/** What pruning one group alone costs, in the criterion's order: nats of KL at rising ratios (0..1), from 0 at 0. */
export interface SensitivityCurve {
  readonly group: string
  readonly ratios: readonly number[]
  readonly kl: readonly number[]
}

/** The curve where it never falls, in a line between its points, and beyond the last one as between the last two. */
function damageAt({ ratios, kl }: SensitivityCurve, ratio: number): number {
  let highest = 0
  const rising = kl.map((value) => {
    highest = Math.max(highest, value)
    return highest
  })
  let i = 1
  while (i < ratios.length - 1 && ratio > (ratios[i] as number)) i++
  const [r0, r1] = [ratios[i - 1] as number, ratios[i] as number]
  const [k0, k1] = [rising[i - 1] as number, rising[i] as number]
  return k0 + ((ratio - r0) / (r1 - r0)) * (k1 - k0)
}

/** Scores over their mean, so that groups of different scale share one threshold. */
function normalise({ scores, comparable }: GroupScores): Float64Array | null {
  if (!scores || comparable) return scores
  const mean = scores.reduce((sum, score) => sum + score, 0) / scores.length
  return mean > 0 ? scores.map((score) => score / mean) : scores
}

/** Blocks of one group on its way down, from the full width to the least one; fixed units are passed over. */
function blocksOf(
  group: number,
  ids: Int32Array,
  scores: Float64Array,
  limits: GroupLimits,
  roundTo: number,
  key: (members: readonly number[], removedAfter: number) => number,
): Block[] {
  const order = rankAscending(scores).filter((index) => ids[index] !== 0)
  let removed = 0
  return widths(scores.length, limits.least, roundTo).map((width) => {
    const until = scores.length - width
    const members = Array.from(order.subarray(removed, until))
    removed = until
    return { group, members, key: key(members, removed) }
  })
}

/**
 * Everything that may go, in order of removal, with the exact cost after each.
 *
 * uniform: a group's n-th removal comes at ratio n / units, so every prefix keeps the same ratio in every group to
 * within one step. global: at the (normalised) score, so every prefix is what lies below one threshold; a block of
 * several units goes when all of them lie below it. sensitivity: at the damage that pruning its group alone that far was
 * measured to do, so every prefix is what stays below one damage a group (AIMET's greedy choice of ratios). Ties go by
 * group, then by original index.
 *
 * @param curves for sensitivity, one for each group with scores.
 * @throws INTERNAL where a curve is missing.
 */
export function allocate(
  allocation: RunConfig['allocation'],
  coupling: Coupling,
  scores: readonly GroupScores[],
  limits: readonly GroupLimits[],
  roundTo: number,
  cost: CostModel,
  curves: readonly SensitivityCurve[] = [],
): Removal[] {
  const blocks: Block[] = []
  coupling.groups.forEach((group, g) => {
    const limit = limits[g] as GroupLimits
    const own = scores[g] as GroupScores
    if (!limit.prunable || !own.scores) return
    if (allocation === 'uniform') {
      const units = group.units.length
      blocks.push(...blocksOf(g, group.units, own.scores, limit, roundTo, (_, removed) => removed / units))
    } else if (allocation === 'sensitivity') {
      const units = group.units.length
      const curve = curves.find((one) => one.group === group.name)
      if (!curve) throw new EspalierError('INTERNAL', `The sensitivity of group "${group.name}" was not measured.`)
      blocks.push(
        ...blocksOf(g, group.units, own.scores, limit, roundTo, (_, removed) => damageAt(curve, removed / units)),
      )
    } else {
      const normalised = normalise(own) as Float64Array
      const highest = (members: readonly number[]) => normalised[members.at(-1) as number] as number
      blocks.push(...blocksOf(g, group.units, normalised, limit, roundTo, highest))
    }
  })
  blocks.sort((a, b) => a.key - b.key || a.group - b.group)
  const running = cost.clone()
  const trajectory: Removal[] = []
  for (const block of blocks) {
    const group = coupling.groups[block.group] as Coupling['groups'][number]
    block.members.forEach((index, i) => {
      const unit = group.units[index] as number
      running.remove(unit)
      trajectory.push({
        unit,
        group: group.name,
        index,
        price: ((scores[block.group] as GroupScores).scores as Float64Array)[index] as number,
        heirs: [],
        macs: running.macs,
        params: running.params,
        bytes: running.bytes,
        complete: i === block.members.length - 1,
      })
    })
  }
  return trajectory
}
