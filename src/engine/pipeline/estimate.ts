/** Exact sizes for the live estimate: the same ratio in every group, from the structure alone. */
import { analyseCoupling } from '../coupling'
import { createCostModel } from '../evaluation/cost'
import type { Graph } from '../graph/graph'
import { allocate, groupLimits } from '../strategies/allocation'
import { type Budget, cut } from '../strategies/trajectory'
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
  const limits = groupLimits(coupling, { roundTo: request.roundTo, floor: 0 })
  const scores = coupling.groups.map((group) => ({ scores: new Float64Array(group.units.length), comparable: true }))
  const trajectory = allocate('uniform', coupling, scores, limits, request.roundTo, cost)
  const smallest = trajectory.at(-1) ?? cost.original
  return request.keepMacs.map((keepMacs) => {
    const budget: Budget = { kind: 'keep-macs', value: keepMacs }
    const reachable = smallest.macs <= keepMacs * cost.original.macs
    const steps = reachable ? cut(trajectory, budget, cost.original) : trajectory.length
    const { macs, params, bytes } = trajectory[steps - 1] ?? cost.original
    return { keepMacs, macs, params, bytes }
  })
}
