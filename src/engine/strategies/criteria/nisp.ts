/** Importance of the final responses, propagated back through absolute weights. */
import { registerCriterion } from './registry'

registerCriterion({
  name: 'nisp',
  title: 'NISP',
  summary: 'Removes the units that the most telling features before the classifier depend on least.',
  paper:
    'Yu et al., NISP: Pruning Networks using Neuron Importance Score Propagation, CVPR 2018 (arXiv:1711.05908); Roffo et al., Infinite Feature Selection, ICCV 2015',
  needsData: true,
  needsGradients: false,
  needs: ['response'],
  score: ({ statistics }) => statistics.response ?? null,
})
