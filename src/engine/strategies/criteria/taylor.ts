/** First-order Taylor expansion of the loss in the unit's gate. */
import { registerCriterion } from './registry'

registerCriterion({
  name: 'taylor',
  title: 'Taylor, first order',
  summary: 'Removes the units whose removal changes the loss least by its gradient on the calibration data.',
  paper:
    'Molchanov et al., Pruning Convolutional Neural Networks for Resource Efficient Inference, ICLR 2017 (arXiv:1611.06440)',
  needsData: true,
  needsGradients: true,
  needs: ['gateAbsolute'],
  /** Equation 8 over a gate m on every copy of the feature map: E |dL/dm|, dL/dm = sum over positions of z dL/dz. */
  score: ({ statistics }) => statistics.gateAbsolute?.slice() ?? null,
})
