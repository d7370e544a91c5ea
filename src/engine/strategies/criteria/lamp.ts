/** Layer-adaptive magnitude: a unit's squared norm against that of all units at least as large. */
import { groupNorm } from './norms'
import { rankAscending } from './rank'
import { registerCriterion } from './registry'

registerCriterion({
  name: 'lamp',
  title: 'LAMP',
  summary:
    'Removes the units whose squared norm is smallest relative to the units of the group that would outlive them.',
  paper: 'Lee et al., Layer-Adaptive Sparsity for the Magnitude-Based Pruning, ICLR 2021 (arXiv:2010.07611)',
  needsData: false,
  needsGradients: false,
  needs: [],
  comparable: true,
  /** Equation 1 on slices: score(u) = |w_u|^2 / sum over v with |w_v| >= |w_u| of |w_v|^2. */
  score(input) {
    const norms = groupNorm(input)
    if (!norms) return null
    const order = rankAscending(norms)
    const scores = new Float64Array(norms.length)
    let rest = 0
    for (let i = order.length - 1; i >= 0; i--) {
      const unit = order[i] as number
      const norm = norms[unit] as number
      rest += norm
      scores[unit] = rest > 0 ? norm / rest : 0
    }
    return scores
  },
})
