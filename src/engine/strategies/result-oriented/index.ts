/** The result-oriented strategy: observe, propagate, decide. Surgery, refit and verification are the pipeline's. */
import { observe, type StatisticsRequest } from '../../statistics/index'
import { PricedNetwork } from './priced'
import type { ResultOrientedInput } from './types'

export { Consumer } from './consumer'
export { consumersOf, withDecidedWeights } from './consumers'
export { type CostModel, Decision, type Measure } from './decide'
export { PricedNetwork } from './priced'
export type * from './types'

export const resultOrientedRequest: StatisticsRequest = {
  moments: true,
  sensitivity: true,
  propagation: true,
  activations: false,
  gradients: false,
}

/**
 * Observes a network and measures what its groups are worth, once for all goals. Needs no labels.
 * @throws CANCELLED, NOTHING_PRUNABLE, and what observing and measuring throw.
 */
export async function priceNetwork(input: ResultOrientedInput): Promise<PricedNetwork> {
  const { graph, coupling, calibration, options, hooks = {} } = input
  const statistics = await observe(graph, coupling, calibration, resultOrientedRequest, options, {
    ...(hooks.signal ? { signal: hooks.signal } : {}),
    progress: (fraction) => hooks.progress?.('observe', fraction),
  })
  return PricedNetwork.of(input, statistics)
}
