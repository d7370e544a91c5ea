/** Squared norm of everything that belongs to a unit: the filters that make it and the columns that read it. */
import { groupNorm } from './norms'
import { registerCriterion } from './registry'

registerCriterion({
  name: 'group-norm',
  title: 'Group norm',
  summary: 'Removes the units whose coupled weights, in producers, consumers and BatchNorm, are smallest together.',
  paper: 'Fang et al., DepGraph: Towards Any Structural Pruning, CVPR 2023 (arXiv:2301.12900)',
  needsData: false,
  needsGradients: false,
  needs: [],
  score: groupNorm,
})
