/**
 * Several orders of removal to the same goal, of which the result itself chooses: each network is refitted from few
 * samples and asked.
 */
import { costAfter, type Removal, type Step, stepsOf } from '../trajectory'
import { type CostModel, type Decision, type Measure, SCARCITY } from './decide'
import { type AnsweredOrder, type AskedPlan, type AskedResult, type ChosenOrder, preferred } from './preferred'
import type { OtherOrder } from './types'

/**
 * Powers of the scarcity that are tried. A low one lets dead groups shrink far, a high one brings all groups to nearly the
 * same share: which is right depends on how much of a network is dead, which prices of single removals do not say.
 */
const POWERS = [SCARCITY, SCARCITY / 4, SCARCITY * 4]

/** Steps that are looked at for giving back, from the last. */
const MOST_GIVEN_BACK = 64
/** Share of the goal that is not worth looking for. */
const FILLED = 1 / 500

export interface Goal {
  readonly measure: Measure
  readonly target: number
}

/**
 * Where the last step went beyond the goal by more than an earlier one had saved, that one is undone, the latest first:
 * those are the dearest.
 * @param start cost before any of the steps
 */
export function givenBack(steps: readonly Step[], start: CostModel, { measure, target }: Goal): readonly Step[] {
  const spared = new Set<Step>()
  const left = () => steps.filter((step) => !spared.has(step))
  const size = () => costAfter(left(), start)[measure]
  let now = size()
  for (const step of steps.slice(-MOST_GIVEN_BACK, -1).reverse()) {
    if (target - now < FILLED * target) break
    spared.add(step)
    const larger = size()
    if (larger > target) spared.delete(step)
    else now = larger
  }
  return left()
}

/** The steps of a ready order that lead to the goal; null where it ends before. */
function stepsToGoal(order: readonly Removal[], start: CostModel, { measure, target }: Goal): readonly Step[] | null {
  const cost = start.clone()
  const steps: Step[] = []
  for (const step of stepsOf(order)) {
    if (cost[measure] <= target) break
    for (const { unit } of step) cost.remove(unit)
    steps.push(step)
  }
  return cost[measure] <= target ? steps : null
}

/** Decides to the end, without telling anybody; the decision is done with then. */
async function stepsTo(decision: Decision, between: () => Promise<void>): Promise<readonly Step[]> {
  const steps: Step[] = []
  let since = performance.now()
  try {
    while (!decision.reached) {
      steps.push(decision.step())
      if (performance.now() - since > 50) {
        await between()
        since = performance.now()
      }
    }
  } finally {
    decision.dispose()
  }
  return steps
}

/**
 * @param begin a decision of its own for each power
 * @param ready orders that were made elsewhere
 * @throws BUDGET_UNREACHABLE, and what asking and `between` throw
 */
export async function chooseOrder(
  begin: (scarcity: number) => Decision,
  ready: readonly OtherOrder[],
  start: CostModel,
  goal: Goal,
  units: number,
  result: AskedResult,
  between: () => Promise<void>,
): Promise<ChosenOrder> {
  const orders = new Map<string, { by: number | string; steps: readonly Step[]; removed: Uint8Array }>()
  const asked: Promise<AskedPlan>[] = []
  // Where somebody else answers, the next order is decided meanwhile. The only one is not asked about.
  const askAhead = () => {
    if (result.atOnce === 1 || orders.size < 2) return
    for (const order of [...orders.values()].slice(asked.length)) {
      const answer = result.ask(order)
      // What fails is told when its turn comes.
      answer.catch(() => {})
      asked.push(answer)
    }
  }
  const add = (found: readonly Step[], by: number | string) => {
    const steps = givenBack(found, start, goal)
    const removed = new Uint8Array(units + 1)
    for (const step of steps) for (const { unit } of step) removed[unit] = 1
    const key = removed.join('')
    if (!orders.has(key)) orders.set(key, { by, steps, removed })
    askAhead()
  }
  for (const scarcity of POWERS) add(await stepsTo(begin(scarcity), between), scarcity)
  for (const { by, removals } of ready) {
    const steps = stepsToGoal(removals, start, goal)
    if (steps) add(steps, by)
  }
  const [first, ...others] = [...orders.values()]
  if (!first || others.length === 0) return { steps: first?.steps ?? [], tried: [] }
  const answers: AnsweredOrder[] = []
  for (const [i, { steps, by, removed }] of [...orders.values()].entries()) {
    await between()
    const answer = await (asked[i] ?? result.ask({ removed }))
    answers.push({ ...answer, steps, by, units: removed.reduce((sum, gone) => sum + gone, 0) })
  }
  return preferred(answers, result, between)
}
