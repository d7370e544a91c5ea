/** Scores every group of a network by one criterion; this file knows weights only. */
import { EspalierError } from '../../../contract/errors'
import { type Sentence, say } from '../../../contract/sentences'
import type { Coupling } from '../../coupling'
import type { Graph } from '../../graph/graph'
import { WeightSums } from './channel-sums'
import { groupSlices } from './slices'
import type { Criterion, UnitStatistics } from './types'

export interface ScoredGroups {
  /** One number a unit, in the order of `coupling.groups`; null where the group cannot be pruned or scored. */
  readonly scores: readonly (Float64Array | null)[]
  /** Sentences about groups that the criterion does not apply to or cannot tell the units of apart. */
  readonly notes: readonly Sentence[]
}

/**
 * By a criterion that reads weights only.
 * @throws as {@link scoreEach}
 */
export const scoreWeights = (
  graph: Graph,
  coupling: Coupling,
  criterion: Criterion,
  random: (group: string) => () => number,
): ScoredGroups => scoreEach(graph, coupling, criterion, () => ({}), random)

/**
 * @param statisticsOf what was observed of a group's units, by its place among the groups
 * @param random a generator a group, seeded by run and group name
 * @throws NOTHING_PRUNABLE where no group can be scored; MODEL_NON_FINITE naming the group with a score that is no number.
 */
export function scoreEach(
  graph: Graph,
  coupling: Coupling,
  criterion: Criterion,
  statisticsOf: (group: number) => UnitStatistics,
  random: (group: string) => () => number,
): ScoredGroups {
  const notes: Sentence[] = []
  const sums = new WeightSums()
  const scores = coupling.groups.map((group, g) => {
    if (!group.prunable) return null
    const score = criterion.score({
      group: group.name,
      units: group.units.length,
      slices: groupSlices(graph, coupling, g, sums),
      statistics: statisticsOf(g),
      random: random(group.name),
    })
    if (!score) {
      notes.push(say('run.not-applicable', { criterion: criterion.title, group: group.name }))
      return null
    }
    if (score.some((value) => !Number.isFinite(value))) {
      throw new EspalierError(
        'MODEL_NON_FINITE',
        `The ${criterion.title} scores of group "${group.name}" are not finite numbers, so its units cannot be ranked. The network's weights or feature maps there are not finite.`,
      )
    }
    if (score.every((value) => value === score[0])) {
      notes.push(say('run.indistinct', { criterion: criterion.title, group: group.name }))
    }
    return score
  })
  if (scores.every((score) => score === null)) {
    // Without a note there was no group to score.
    const why = notes.length === 0 ? say('error.no-group') : (criterion.lacking ?? say('lacking.readers'))
    throw new EspalierError('NOTHING_PRUNABLE', say('error.nothing-scored', { criterion: criterion.title, why }))
  }
  return { scores, notes }
}
