/** Greedy reconstruction: the units whose loss the next layers' outputs notice least, found together. */
import { registerCriterion } from './registry'

/**
 * Algorithm 1: T grows by the unit that keeps E (sum over T of x_c)^2 smallest, x_c the unit's part of the next layer's
 * output. The score is the place in that order, since a unit's worth depends on what went before it.
 */
function greedyOrder(gram: Float64Array, units: number): Float64Array {
  const scores = new Float64Array(units)
  const gone = new Uint8Array(units)
  /** 2 sum over T of K_tc. */
  const cross = new Float64Array(units)
  for (let place = 0; place < units; place++) {
    let best = -1
    let least = Number.POSITIVE_INFINITY
    for (let c = 0; c < units; c++) {
      if (gone[c] === 1) continue
      const value = (gram[c * units + c] as number) + (cross[c] as number)
      if (value < least) {
        least = value
        best = c
      }
    }
    gone[best] = 1
    scores[best] = place + 1
    for (let c = 0; c < units; c++) cross[c] = (cross[c] as number) + 2 * (gram[best * units + c] as number)
  }
  return scores
}

registerCriterion({
  name: 'thinet',
  title: 'ThiNet',
  summary: 'Removes, one after the other, the units without which the next layer’s output is reconstructed best.',
  paper: 'Luo et al., ThiNet: A Filter Level Pruning Method, ICCV 2017 (arXiv:1707.06342)',
  needsData: true,
  needsGradients: false,
  needs: ['contributions'],
  score: ({ statistics, units }) => (statistics.contributions ? greedyOrder(statistics.contributions, units) : null),
})
