/** L1 norm of the filters that make a unit. */
import { filterNorm } from './norms'
import { registerCriterion } from './registry'

registerCriterion({
  name: 'l1',
  title: 'L1 norm',
  summary: 'Removes the units whose filters have the smallest sum of absolute weights.',
  paper: 'Li et al., Pruning Filters for Efficient ConvNets, ICLR 2017 (arXiv:1608.08710)',
  needsData: false,
  needsGradients: false,
  needs: [],
  score: (input) => filterNorm(input, 1),
})
