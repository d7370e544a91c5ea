/** Orders by published criteria, the same share of every group, that the result may prefer to its own. */
import { firstOf } from '../data/batches'
import { observe, type Statistics } from '../statistics'
import { allocate, groupLimits } from '../strategies/allocation'
import { type Criterion, findCriterion, scoreGroups, statisticsFor } from '../strategies/criteria'
import type { OtherOrder } from '../strategies/result-oriented'
import type { Removal } from '../strategies/trajectory'
import { observingOf, type Run } from './run'

/** Samples that Fisher information is observed on: it only has to tell who goes, of units that all lose the same share. */
const SAMPLES = 512

/** @param withData also those that observe the network. @throws CANCELLED, and as observing does */
export async function otherOrders(run: Run, withData: boolean): Promise<OtherOrder[]> {
  const names = withData ? ['group-norm', 'fisher'] : ['group-norm']
  const orders: OtherOrder[] = []
  for (const by of names) {
    const criterion = findCriterion(by) as Criterion
    orders.push({ by, removals: uniform(run, criterion, criterion.needsData ? await observed(run, criterion) : null) })
  }
  return orders
}

/** From the original's own answers, as everything else that the result decides. */
function observed(run: Run, criterion: Criterion): Promise<Statistics> {
  const { graph, coupling, splits } = run
  return observe(
    graph,
    coupling,
    firstOf(splits.calibration, SAMPLES),
    statisticsFor(criterion, false),
    observingOf(run),
    { signal: run.hooks.signal },
  )
}

function uniform(run: Run, criterion: Criterion, statistics: Statistics | null): readonly Removal[] {
  const { graph, coupling, config, cost, leastUnits } = run
  const { scores } = scoreGroups(graph, coupling, criterion, statistics, () => () => 0)
  return allocate(
    'uniform',
    coupling,
    scores.map((score) => ({ scores: score, comparable: false })),
    groupLimits(coupling, { roundTo: config.roundTo, floor: 0, least: leastUnits }),
    config.roundTo,
    cost,
  )
}
