/** Mean activation of the unit. */
import { registerCriterion } from './registry'

registerCriterion({
  name: 'activation-mean',
  title: 'Mean activation',
  summary: 'Removes the units whose activation is smallest in the mean over the calibration data.',
  paper:
    'Molchanov et al., Pruning Convolutional Neural Networks for Resource Efficient Inference, ICLR 2017 (arXiv:1611.06440)',
  needsData: true,
  needsGradients: false,
  needs: ['mean'],
  score: ({ statistics }) => statistics.mean?.map(Math.abs) ?? null,
})
