/** Brings a small network nearer to its budget: what one coarse step too many took, others give back. */
import type { ModelSize } from '../../../contract/run'
import type { CostModel } from '../../evaluation/cost'
import { allowance, type Budget, type Removal, withinBudget } from '../trajectory'

/** A size this near to the budget is left as it is. */
const nearEnough = 0.95

/** Only the last steps are tried, which are the least certain of all that went. */
const mostSteps = 64

/** Runs of removals that go together: each ends with a complete one. */
function stepsOf(removals: readonly Removal[]): Removal[][] {
  const steps: Removal[][] = [[]]
  for (const removal of removals) {
    steps.at(-1)?.push(removal)
    if (removal.complete) steps.push([])
  }
  return steps.filter((step) => step.length > 0)
}

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
  const first = Math.max(0, steps.length - mostSteps)
  const base = cost.clone()
  for (const step of steps.slice(0, first)) for (const { unit } of step) base.remove(unit)
  const sizeOf = (kept: readonly Removal[][]): ModelSize => {
    const running = base.clone()
    for (const step of kept) for (const { unit } of step) running.remove(unit)
    return running
  }
  let late = steps.slice(first)
  const crossing = late.at(-1)?.[0]?.group as string
  const closed = new Set([crossing])
  for (const step of [...late].reverse()) {
    const group = step[0]?.group as string
    if (closed.has(group)) continue
    const without = late.filter((other) => other !== step)
    if (withinBudget(budget, cost.original, sizeOf(without))) late = without
    else closed.add(group)
  }
  if (late.length === steps.length - first) return removals
  const running = cost.clone()
  return [...steps.slice(0, first), ...late].flat().map((removal): Removal => {
    running.remove(removal.unit)
    const { macs, params, bytes } = running
    return { ...removal, macs, params, bytes }
  })
}
