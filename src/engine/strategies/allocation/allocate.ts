/** From scores to an order of removal: the same ratio in every group, one threshold for all, or measured curves. */
import { EspalierError } from '../../../contract/errors'
import type { ModelSize, RunConfig } from '../../../contract/run'
import type { Coupling } from '../../coupling'
import type { CostModel } from '../../evaluation/cost'
import { rankAscending } from '../criteria/rank'
import type { Removal } from '../trajectory'
import { type GroupLimits, widths } from './limits'

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

/** One group on its way down: its units by rising score (fixed ones left out), and the widths it passes through. */
interface Descent {
  readonly group: number
  readonly order: Int32Array
  readonly widths: readonly number[]
  /** The common order of blocks: when the one that ends at this many removed units goes. Never falls. */
  key(removed: number): number
  /** Blocks that went. */
  done: number
  /** Key of the next block. */
  next: number
}

/** Whose next block goes first; ties by group. */
const before = (a: Descent, b: Descent): boolean => a.next < b.next || (a.next === b.next && a.group < b.group)

/** Restores the order of a binary heap below a place. */
function sink(heap: Descent[], from: number): void {
  let at = from
  for (;;) {
    let least = at
    for (const child of [2 * at + 1, 2 * at + 2]) {
      if (child < heap.length && before(heap[child] as Descent, heap[least] as Descent)) least = child
    }
    if (least === at) return
    const moved = heap[at] as Descent
    heap[at] = heap[least] as Descent
    heap[least] = moved
    at = least
  }
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
 * @param enough ends the list after the first whole step of which it says so; without it the list is complete.
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
  enough: (size: ModelSize) => boolean = () => false,
): Removal[] {
  const heap: Descent[] = []
  coupling.groups.forEach((group, g) => {
    const limit = limits[g] as GroupLimits
    const own = scores[g] as GroupScores
    if (!limit.prunable || !own.scores) return
    const units = group.units.length
    const ranked = allocation === 'global' ? (normalise(own) as Float64Array) : own.scores
    const order = rankAscending(ranked).filter((index) => group.units[index] !== 0)
    const key = ((): Descent['key'] => {
      if (allocation === 'uniform') return (removed) => removed / units
      if (allocation === 'global') return (removed) => ranked[order[removed - 1] as number] as number
      const curve = curves.find((one) => one.group === group.name)
      if (!curve) throw new EspalierError('INTERNAL', `The sensitivity of group "${group.name}" was not measured.`)
      return (removed) => damageAt(curve, removed / units)
    })()
    const passed = widths(units, limit.least, roundTo)
    if (passed.length === 0) return
    heap.push({ group: g, order, widths: passed, key, done: 0, next: key(units - (passed[0] as number)) })
  })
  for (let i = heap.length >> 1; i >= 0; i--) if (i < heap.length) sink(heap, i)
  const running = cost.clone()
  const trajectory: Removal[] = []
  while (heap.length > 0) {
    const descent = heap[0] as Descent
    const group = coupling.groups[descent.group] as Coupling['groups'][number]
    const prices = (scores[descent.group] as GroupScores).scores as Float64Array
    const units = group.units.length
    const from = descent.done === 0 ? 0 : units - (descent.widths[descent.done - 1] as number)
    const to = units - (descent.widths[descent.done] as number)
    for (let i = from; i < to; i++) {
      const index = descent.order[i] as number
      const unit = group.units[index] as number
      running.remove(unit)
      const { macs, params, bytes } = running
      const complete = i === to - 1
      trajectory.push({
        unit,
        group: group.name,
        index,
        price: prices[index] as number,
        heirs: [],
        macs,
        params,
        bytes,
        complete,
      })
    }
    if (enough(trajectory.at(-1) as Removal)) break
    descent.done++
    if (descent.done < descent.widths.length) {
      descent.next = descent.key(units - (descent.widths[descent.done] as number))
    } else {
      const last = heap.pop() as Descent
      if (heap.length > 0) heap[0] = last
    }
    sink(heap, 0)
  }
  return trajectory
}
