/** Absolute BatchNorm scale (network slimming). */
import { say } from '../../../contract/sentences'
import { meanOverSlices, powerSums } from './norms'
import { registerCriterion } from './registry'

registerCriterion({
  name: 'bn-scale',
  title: 'BatchNorm scale',
  summary: 'Removes the units whose BatchNorm scale is closest to zero; groups without BatchNorm are left whole.',
  paper: 'Liu et al., Learning Efficient Convolutional Networks through Network Slimming, ICCV 2017 (arXiv:1708.06519)',
  needsData: false,
  needsGradients: false,
  needs: [],
  lacking: say('lacking.batch-norm'),
  score: (input) => meanOverSlices(input, ['scale'], (slices) => powerSums(slices, input.units, 1)),
})
