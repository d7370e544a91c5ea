/** The strategies by name: the criteria, and the result-oriented one, which is the default. */
import type { StrategyInfo } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import { findCriterion, registeredCriteria } from './criteria/all'

export const resultOriented: StrategyInfo = {
  name: 'result-oriented',
  title: 'Result-oriented',
  summary:
    "Removes, one by one over all layers, the unit whose removal changes the network's result least for the cost it saves.",
  paper:
    'Wu et al., Data-Driven Pruning Algorithm Based on Result Orientation, ICNLP 2023 (10.1109/ICNLP58431.2023.00043); the mathematics is this project’s own',
  needsData: true,
  needsGradients: true,
}

/** The arm that says what weights are worth: the smaller architecture, trained anew. */
export const scratch: StrategyInfo = {
  name: 'scratch',
  title: 'From scratch',
  summary:
    'Keeps the architecture of the pruned network only: its weights are drawn anew and trained with the same budget.',
  paper: 'Liu et al., Rethinking the Value of Network Pruning, ICLR 2019 (arXiv:1810.05270)',
  needsData: true,
  needsGradients: true,
}

/** All strategies, the default first. */
export const listStrategies = (): StrategyInfo[] => [
  resultOriented,
  ...registeredCriteria().map(({ name, title, summary, paper, needsData, needsGradients }) => ({
    name,
    title,
    summary,
    paper,
    needsData,
    needsGradients,
  })),
  scratch,
]

/** @throws BAD_USAGE for a name that is none. */
export function findStrategy(name: string): StrategyInfo {
  if (name === resultOriented.name) return resultOriented
  if (name === scratch.name) return scratch
  const criterion = findCriterion(name)
  if (criterion) return criterion
  throw new EspalierError(
    'BAD_USAGE',
    `There is no strategy named "${name}". There are: ${listStrategies()
      .map((info) => info.name)
      .join(', ')}.`,
  )
}
