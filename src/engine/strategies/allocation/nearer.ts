/** Brings a small network nearer to its budget: what one coarse step too many took, others give back. */
import type { CostModel } from '../../evaluation/cost'
import { allowance, type Budget, costAfter, type Removal, type Step, stepsOf, withinBudget } from '../trajectory'

/** A size this near to the budget is left as it is. */
const nearEnough = 0.95

/**
 * Where the last removal took the size from above the budget to more than 5 % below it, earlier ones of other groups are
 * taken back, the latest first, as long as the budget still holds. In each group the order stays what it was.
 * @param removals what goes, the budget met at its end
 * @param cost of the whole network
 */
export function nearerToBudget(removals: readonly Removal[], budget: Budget, cost: CostModel): readonly Removal[] {
  const { measure, allowed } = allowance(budget, cost.original)
  const reached = removals.at(-1)
  if (!reached || reached[measure] >= nearEnough * allowed) return removals
  const steps = stepsOf(removals)
  const groupOf = (step: Step) => step[0]?.group
  const crossing = groupOf(steps.at(-1) as Step)
  const within = (kept: ReadonlySet<Step>): boolean => withinBudget(budget, cost.original, costAfter(kept, cost))
  let kept = new Set(steps)
  let waiting = steps.filter((step) => groupOf(step) !== crossing).reverse()
  const without = (count: number) => {
    const back = new Set(waiting.slice(0, count))
    return new Set([...kept].filter((step) => !back.has(step)))
  }
  while (waiting.length > 0) {
    // As many of the latest as may come back together; the group of the next one has too large a step.
    let [few, many] = [0, waiting.length]
    while (few < many) {
      const middle = Math.ceil((few + many) / 2)
      if (within(without(middle))) few = middle
      else many = middle - 1
    }
    kept = without(few)
    const [next] = waiting.slice(few)
    waiting = next ? waiting.slice(few).filter((step) => groupOf(step) !== groupOf(next)) : []
  }
  if (kept.size === steps.length) return removals
  const running = cost.clone()
  return steps
    .filter((step) => kept.has(step))
    .flat()
    .map((removal): Removal => {
      running.remove(removal.unit)
      const { macs, params, bytes } = running
      return { ...removal, macs, params, bytes }
    })
}
