/** Data-free pruning: structure and weights only, for networks with or without a way to run them. */
import { EspalierError } from '../../contract/errors'
import { say, uniqueSentences } from '../../contract/sentences'
import { analyseCoupling } from '../coupling'
import { stream } from '../data/rng'
import { costOf, createCostModel } from '../evaluation/cost'
import type { Graph } from '../graph/graph'
import { findStrategy } from '../strategies'
import { allocate, floorOf, groupLimits, leastFor, nearerToBudget, usualLeast } from '../strategies/allocation'
import { findCriterion } from '../strategies/criteria/all'
import { scoreWeights } from '../strategies/criteria/score-weights'
import { cut, isBudget, planOf, withinBudget } from '../strategies/trajectory'
import { applyPlan, keptByGroup } from '../surgery'
import { traceOf } from './plan'
import type { PruneConfig, PruneOutput } from './types'

/**
 * Prunes by a criterion that reads weights only.
 * @param graph with inferred shapes
 * @throws BAD_USAGE for a strategy that needs data or a goal that needs measuring; NOT_BUILT_YET, NOT_FOUND,
 * NOTHING_PRUNABLE, BUDGET_UNREACHABLE
 */
export function prune(graph: Graph, config: PruneConfig): PruneOutput {
  const started = performance.now()
  const criterion = findCriterion(findStrategy(config.strategy).name)
  if (!criterion || criterion.needsData) {
    throw new EspalierError(
      'BAD_USAGE',
      `The strategy "${config.strategy}" decides by data, which pruning by structure and weights has not. Use "compress" with data, or a strategy such as "l2".`,
    )
  }
  if (config.allocation === 'sensitivity') {
    throw new EspalierError(
      'BAD_USAGE',
      'The allocation "sensitivity" measures the network, which needs data. Use "compress" with data, or "uniform" or "global".',
    )
  }
  const { goal } = config
  if (!isBudget(goal)) {
    throw new EspalierError(
      'BAD_USAGE',
      `The goal "${goal.kind}" must be measured, which needs data or a run. Give a budget instead: keep-macs, keep-params or max-bytes.`,
    )
  }
  const coupling = analyseCoupling(graph, config.protect)
  const cost = createCostModel(graph, coupling)
  const analysed = performance.now()
  const random = (group: string) => stream(config.seed, `random:${group}`)
  const { scores, notes } = scoreWeights(graph, coupling, criterion, random)
  const limits = { roundTo: config.roundTo, floor: floorOf(config.allocation) }
  const least = leastFor(goal, coupling, cost, limits)
  const trajectory = allocate(
    config.allocation,
    coupling,
    scores.map((score) => ({ scores: score, comparable: criterion.comparable ?? false })),
    groupLimits(coupling, { ...limits, least }),
    config.roundTo,
    cost,
    [],
    (size) => withinBudget(goal, cost.original, size),
  )
  const removals = nearerToBudget(trajectory.slice(0, cut(trajectory, goal, cost.original)), goal, cost)
  const decided = performance.now()
  const plan = planOf(coupling, removals)
  const result = applyPlan(graph, coupling, plan)
  const kept = keptByGroup(coupling, plan)
  const done = performance.now()
  return {
    graph: result,
    model: { before: costOf(graph), after: costOf(result) },
    kept,
    trace: traceOf(coupling, removals, kept, { checkpoints: [] }),
    timing: {
      analysisMs: analysed - started,
      statisticsMs: 0,
      decisionMs: decided - analysed,
      surgeryMs: done - decided,
      recoveryMs: 0,
      totalMs: done - started,
    },
    warnings: uniqueSentences(least < usualLeast ? [say('run.one-unit'), ...notes] : notes),
  }
}
