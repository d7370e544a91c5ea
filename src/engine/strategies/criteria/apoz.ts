/** Average percentage of zeros in the unit's activation. */
import { registerCriterion } from './registry'

registerCriterion({
  name: 'apoz',
  title: 'APoZ',
  summary: 'Removes the units whose activation is zero most often on the calibration data.',
  paper: 'Hu et al., Network Trimming, 2016 (arXiv:1607.03250)',
  needsData: true,
  needsGradients: false,
  needs: ['zeroShare'],
  score: ({ statistics }) => statistics.zeroShare?.map((share) => 1 - share) ?? null,
})
