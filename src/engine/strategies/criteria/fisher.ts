/** Second-order (Fisher) change of the loss in the unit's gate, coupled layers summed before squaring. */
import { registerCriterion } from './registry'

registerCriterion({
  name: 'fisher',
  title: 'Group Fisher',
  summary:
    'Removes the units whose removal changes the loss least to second order, by the Fisher information of the gate they share.',
  paper: 'Liu et al., Group Fisher Pruning for Practical Network Compression, ICML 2021 (arXiv:2108.00708)',
  needsData: true,
  needsGradients: true,
  needs: ['gateSquared'],
  /** Equation 7: s = 1/(2N) sum over samples of (sum over coupled layers of dL/dm)^2. */
  score: ({ statistics }) => statistics.gateSquared?.map((square) => square / 2) ?? null,
})
