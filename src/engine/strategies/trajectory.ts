/** An ordered list of removals with the exact cost after each: what a strategy decides, and what a budget cuts. */
import { EspalierError } from '../../contract/errors'
import type { Goal, ModelSize } from '../../contract/run'
import type { Coupling, PruningPlan } from '../coupling/index'

/** One removal; the size is that of the network after it. */
export interface Removal extends ModelSize {
  /** Unit id. */
  readonly unit: number
  /** Name of the group, and the unit's original index in it. */
  readonly group: string
  readonly index: number
  /** Priced change of the result, or the criterion's score. */
  readonly price: number
  /** Unit ids that inherited its work, largest share first. */
  readonly heirs: readonly { readonly unit: number; readonly share: number }[]
  /** false inside a block that goes as a whole (`round_to`): a plan must not end here. */
  readonly complete: boolean
}

export const budgetKinds = ['keep-macs', 'keep-params', 'max-bytes'] as const
export type BudgetKind = (typeof budgetKinds)[number]
export type Budget = Goal & { readonly kind: BudgetKind }

export const isBudget = (goal: Goal): goal is Budget => (budgetKinds as readonly string[]).includes(goal.kind)

/** What is measured for a budget, and how much of it is allowed. */
export function allowance(budget: Budget, before: ModelSize): { measure: keyof ModelSize; allowed: number } {
  if (budget.kind === 'keep-macs') return { measure: 'macs', allowed: budget.value * before.macs }
  if (budget.kind === 'keep-params') return { measure: 'params', allowed: budget.value * before.params }
  return { measure: 'bytes', allowed: budget.value }
}

export const withinBudget = (budget: Budget, before: ModelSize, size: ModelSize): boolean => {
  const { measure, allowed } = allowance(budget, before)
  return size[measure] <= allowed
}

const measureNames = { macs: 'MACs', params: 'parameters', bytes: 'bytes' } as const

/** The refusal when everything that may go is gone and the budget is still exceeded. */
export function unreachable(budget: Budget, before: ModelSize, smallest: ModelSize): EspalierError {
  const { measure, allowed } = allowance(budget, before)
  const share = before[measure] > 0 ? ` (${((100 * smallest[measure]) / before[measure]).toFixed(1)} % of now)` : ''
  return new EspalierError(
    'BUDGET_UNREACHABLE',
    `The budget of ${Math.floor(allowed)} ${measureNames[measure]} cannot be reached: with every group at its floor (least width, protected layers, rounding) ${smallest[measure]} ${measureNames[measure]}${share} are left. Ask for a larger budget, protect fewer layers or round less.`,
  )
}

/** One flag a unit id, 1 where it goes. */
export function planOf(coupling: Coupling, removals: readonly Removal[]): PruningPlan {
  const removed = new Uint8Array(coupling.units + 1)
  for (const { unit } of removals) removed[unit] = 1
  return { removed }
}

/** Removals that belong together: a plan must not end inside. */
export type Step = readonly Removal[]

/** Whole steps in order; removals behind the last complete one are left out. */
export function stepsOf(removals: readonly Removal[]): Step[] {
  const steps: Step[] = []
  let step: Removal[] = []
  for (const removal of removals) {
    step.push(removal)
    if (!removal.complete) continue
    steps.push(step)
    step = []
  }
  return steps
}

interface Shrinking<C> {
  clone(): C
  remove(unit: number): void
}

/** Cost after the steps. @param start before any of them, left alone */
export function costAfter<C extends Shrinking<C>>(steps: Iterable<Step>, start: C): C {
  const cost = start.clone()
  for (const step of steps) for (const { unit } of step) cost.remove(unit)
  return cost
}

/**
 * Number of removals after which the budget is first met at a whole step.
 * @throws BUDGET_UNREACHABLE naming what is left at the floor.
 */
export function cut(trajectory: readonly Removal[], budget: Budget, before: ModelSize): number {
  if (withinBudget(budget, before, before)) return 0
  const at = trajectory.findIndex((removal) => removal.complete && withinBudget(budget, before, removal))
  if (at < 0) throw unreachable(budget, before, trajectory.at(-1) ?? before)
  return at + 1
}
