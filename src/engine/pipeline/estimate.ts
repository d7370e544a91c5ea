/** Exact sizes for the live estimate: the same ratio in every group, from the structure alone. */
import { analyseCoupling } from '../coupling'
import { createCostModel } from '../evaluation/cost'
import type { Graph } from '../graph/graph'
import { allocate, groupLimits, leastFor } from '../strategies/allocation'
import { type Budget, cut, type Removal, withinBudget } from '../strategies/trajectory'
import type { Estimate, EstimateRequest } from './types'

/**
 * Sizes after pruning to each budget, in the order asked. A budget below what the structure allows answers with the
 * smallest size there is.
 * @param graph with inferred shapes
 * @throws NOT_FOUND for a protected name that is no node
 */
export function estimateSizes(graph: Graph, request: EstimateRequest): Estimate[] {
  const coupling = analyseCoupling(graph, request.protect)
  const cost = createCostModel(graph, coupling)
  const options = { roundTo: request.roundTo, floor: 0 }
  const scores = coupling.groups.map((group) => ({ scores: new Float64Array(group.units.length), comparable: true }))
  const trajectories = new Map<number, readonly Removal[]>()
  const trajectoryWith = (least: number): readonly Removal[] => {
    const known = trajectories.get(least)
    if (known) return known
    const limits = groupLimits(coupling, { ...options, least })
    const made = allocate('uniform', coupling, scores, limits, request.roundTo, cost)
    trajectories.set(least, made)
    return made
  }
  return request.keepMacs.map((keepMacs) => {
    const budget: Budget = { kind: 'keep-macs', value: keepMacs }
    const trajectory = trajectoryWith(leastFor(budget, coupling, cost, options))
    const smallest = trajectory.at(-1) ?? cost.original
    const steps = withinBudget(budget, cost.original, smallest)
      ? cut(trajectory, budget, cost.original)
      : trajectory.length
    const { macs, params, bytes } = trajectory[steps - 1] ?? cost.original
    return { keepMacs, macs, params, bytes }
  })
}
