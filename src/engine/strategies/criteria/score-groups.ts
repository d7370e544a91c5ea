/** Scores every group of a network by one criterion, with or without statistics. */
import type { Coupling } from '../../coupling'
import type { Graph } from '../../graph/graph'
import type { Statistics } from '../../statistics'
import { responseImportance } from './response'
import { type ScoredGroups, scoreEach, scoreWeights } from './score-weights'
import type { Criterion } from './types'
import { unitStatistics } from './unit-statistics'

/**
 * @param statistics null for criteria that read weights only
 * @param random a generator a group, seeded by run and group name
 * @throws NOTHING_PRUNABLE where no group can be scored; MODEL_NON_FINITE naming the group with a score that is no number.
 */
export function scoreGroups(
  graph: Graph,
  coupling: Coupling,
  criterion: Criterion,
  statistics: Statistics | null,
  random: (group: string) => () => number,
): ScoredGroups {
  if (!statistics) return scoreWeights(graph, coupling, criterion, random)
  const response = criterion.needs.includes('response') ? responseImportance(graph, coupling, statistics) : null
  const statisticsOf = (g: number) => unitStatistics(graph, coupling, g, statistics, criterion, response)
  return scoreEach(graph, coupling, criterion, statisticsOf, random)
}
