/** The result-oriented strategy: observe, propagate, decide. Surgery, refit and verification are the pipeline's. */
import { EspalierError } from '../../../contract/errors'
import type { DecisionTrace, TraceCheckpoint } from '../../../contract/run'
import type { Coupling, PruningPlan } from '../../coupling/index'
import type { Selection } from '../../data/types'
import type { Graph } from '../../graph/graph'
import { type ObserveOptions, observe, type Statistics, type StatisticsRequest } from '../../statistics/index'
import type { Removal } from '../trajectory'
import { Checkpoints, type CheckpointTools } from './checkpoints'
import { consumersOf } from './consumers'
import { type CostModel, Decision, type Measure } from './decide'

export type { CheckpointTools } from './checkpoints'
export { Consumer } from './consumer'
export { consumersOf, withDecidedWeights } from './consumers'
export { type CostModel, Decision, type Measure } from './decide'

export const resultOrientedRequest: StatisticsRequest = {
  moments: true,
  sensitivity: true,
  propagation: true,
  activations: false,
  gradients: false,
}

export interface ResultOrientedOptions extends ObserveOptions {
  /** What is saved; a tolerance is bisected on MACs. */
  readonly measure: Measure
  /** Absolute; the trajectory ends when it is met. 0: everything that may go is ordered. */
  readonly target: number
  readonly roundTo: number
  /** At least this many units of a group stay, and at least this share of it. */
  readonly least?: number
  readonly floor?: number
  readonly protect: readonly string[]
}

export interface ResultOrientedInput {
  /** With inferred shapes; `coupling` was analysed on it. */
  readonly graph: Graph
  readonly coupling: Coupling
  /** Of the whole network. It is used up: hand in a clone. */
  readonly cost: CostModel
  readonly calibration: Selection
  readonly options: ResultOrientedOptions
  /** Without them the trace has no measured points. */
  readonly checkpoints?: CheckpointTools
  readonly hooks?: {
    readonly signal?: AbortSignal
    readonly progress?: (stage: 'observe' | 'decide', fraction: number) => void
  }
}

export interface ResultOrientedDecision {
  /** In order: any budget is a prefix that ends at a complete step. Prices are in nats of KL. */
  readonly trajectory: readonly Removal[]
  readonly checkpoints: readonly TraceCheckpoint[]
  readonly correlation: DecisionTrace['correlation']
  /** Sentences for the user. */
  readonly notes: readonly string[]
}

/**
 * Orders the removals by priced change of the result per cost saved. Needs no labels.
 * @throws CANCELLED, BUDGET_UNREACHABLE, NOTHING_PRUNABLE, and what observing throws.
 */
export async function decideResultOriented(input: ResultOrientedInput): Promise<ResultOrientedDecision> {
  const { graph, coupling, calibration, options, hooks = {} } = input
  const statistics = await observe(graph, coupling, calibration, resultOrientedRequest, options, {
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    progress: (fraction) => hooks.progress?.('observe', fraction),
  })
  return decideFrom(input, statistics)
}

/** The decision from statistics that are there. */
export async function decideFrom(input: ResultOrientedInput, statistics: Statistics): Promise<ResultOrientedDecision> {
  const { graph, coupling, cost, options, hooks = {} } = input
  const layers = consumersOf(graph, coupling, statistics)
  const { groups, notes } = pricedGroups(coupling, statistics)
  if (groups.length === 0) {
    throw new EspalierError(
      'NOTHING_PRUNABLE',
      'Nothing of this network can be removed: no group of units is both free to go and read by an operator that can be priced. `inspect` says why for each group.',
    )
  }
  const consumers = layers.flatMap((layer) => layer.blocks)
  const decision = new Decision(groups, consumers, cost, options)
  const start = cost[options.measure]
  const checkpoints = input.checkpoints
    ? new Checkpoints(graph, layers, options.protect, input.checkpoints, start, options.target)
    : null
  const plan: PruningPlan = { removed: new Uint8Array(coupling.units + 1) }
  let since = performance.now()
  while (!decision.reached && (options.target > 0 || decision.canStep)) {
    for (const removal of decision.step()) plan.removed[removal.unit] = 1
    const now = cost[options.measure]
    const last = decision.reached || !decision.canStep
    await checkpoints?.visit(
      now,
      plan.removed,
      { step: decision.removals.length, macs: cost.macs, predicted: decision.predicted * statistics.nats },
      last,
    )
    if (performance.now() - since > 50) {
      hooks.progress?.('decide', Math.min(1, (start - now) / Math.max(1, start - options.target)))
      await new Promise((resolve) => setTimeout(resolve, 0))
      since = performance.now()
      if (hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The decision was cancelled.')
    }
  }
  return {
    trajectory: decision.removals.map((removal) => ({ ...removal, price: removal.price * statistics.nats })),
    checkpoints: checkpoints?.taken ?? [],
    correlation: {
      groups: [...statistics.correlation.groups],
      values: statistics.correlation.values.map((row) => [...row]),
    },
    notes,
  }
}

/** Groups whose units can be priced: every linear operator that reads them was observed. */
function pricedGroups(coupling: Coupling, statistics: Statistics) {
  const notes: string[] = []
  const groups = coupling.groups.filter((group) => {
    if (!group.prunable) return false
    const blind = group.consumers.filter((layer) => !statistics.layers.has(layer.node.name))
    if (group.consumers.length > 0 && blind.length === 0) return true
    notes.push(
      blind.length > 0
        ? `The units of "${group.name}" were left alone: "${blind[0]?.node.name}" (${blind[0]?.node.op}) reads them, and what its loss would change cannot be priced yet.`
        : `The units of "${group.name}" were left alone: no operator with weights reads them, so nothing could take over their work.`,
    )
    return false
  })
  return { groups, notes }
}
