/** L2 norm of the filters that make a unit. */
import { filterNorm } from './norms'
import { registerCriterion } from './registry'

registerCriterion({
  name: 'l2',
  title: 'L2 norm',
  summary: 'Removes the units whose filters have the smallest Euclidean norm.',
  paper: 'He et al., Soft Filter Pruning, IJCAI 2018 (arXiv:1808.06866)',
  needsData: false,
  needsGradients: false,
  needs: [],
  score: (input) => filterNorm(input, 2),
})
