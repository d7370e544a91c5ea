/** What a group's priced change is worth in nats: half of it is taken away, alone, and the result measured. */
import { analyseCoupling, type Coupling, type Group } from '../../coupling/index'
import type { Graph } from '../../graph/graph'
import { inOrder } from '../../runtime'
import type { CheckpointTools } from './checkpoints'
import { type LayerConsumers, withBiases, withDecidedWeights } from './consumers'
import { type CostModel, Decision } from './decide'
import type { QuickRefit } from './types'

/** Rates further apart than this from their median are not believed. */
const SPREAD = 100

/** Share of a group that is taken away to measure it. */
const PART = 0.5

/** Costs nothing: a group alone is ordered by price. */
const free: CostModel = {
  macs: 1,
  params: 1,
  bytes: 1,
  savingOf: (units) => ({ macs: units.length, params: units.length, bytes: units.length }),
  remove: () => undefined,
  clone: () => free,
}

/**
 * Measured KL over summed price for each group by name. Second-order prices of different layers are not worth the same:
 * positions add up differently, and what confident samples lose is nothing (measured: a factor of ten between
 * convolutions and a classifier). Groups without a sensible measurement get the median of the others.
 * @param layers as `consumersOf` gives them; left alone.
 * @param refit what becomes of a plan when the network is refitted: in residual streams that regains far more than
 * inside a branch, which the readers' own prices cannot know. Without it the decision's weights are measured.
 */
export async function measureRates(
  graph: Graph,
  groups: readonly Group[],
  layers: readonly LayerConsumers[],
  protectedNodes: readonly string[],
  tools: CheckpointTools,
  between: () => Promise<void>,
  refit?: QuickRefit,
): Promise<Map<string, number>> {
  const { graph: biased, layers: own } = withBiases(graph, layers)
  const coupling: Coupling = analyseCoupling(biased, protectedNodes)
  const rateOf = async (group: Group): Promise<number> => {
    await between()
    const readers = own.filter(({ blocks }) =>
      blocks.some((block) => group.units.some((unit) => unit !== 0 && block.slots.has(unit))),
    )
    const apart = readers.map(({ layer, blocks }) => ({ layer, blocks: blocks.map((block) => block.fresh()) }))
    const decision = new Decision(
      [group],
      apart.flatMap(({ blocks }) => blocks),
      free,
      { measure: 'macs', target: 0, roundTo: 1, heirs: false },
    )
    const removed = new Uint8Array(coupling.units + 1)
    const wanted = Math.ceil(PART * group.units.length)
    let network: Graph
    try {
      while (decision.removals.length < wanted && decision.canStep) {
        for (const { unit } of decision.step()) removed[unit] = 1
        if (decision.removals.length % 16 === 0) await between()
      }
      network = refit
        ? await refit.refit({ removed })
        : tools.apply(withDecidedWeights(biased, apart), coupling, { removed })
    } finally {
      decision.dispose()
    }
    return (await tools.measure(network, 'calibration')) / decision.predicted
  }
  const found = new Map<string, number>()
  for await (const [{ name }, rate] of inOrder(groups, rateOf, () => refit?.atOnce ?? 1)) {
    if (Number.isFinite(rate) && rate > 0) found.set(name, rate)
  }
  return believable(groups, found)
}

function believable(groups: readonly Group[], found: ReadonlyMap<string, number>): Map<string, number> {
  const logs = [...found.values()].map(Math.log).sort((a, b) => a - b)
  const middle = logs.length > 0 ? (logs[Math.floor(logs.length / 2)] as number) : 0
  const bound = Math.log(SPREAD)
  return new Map(
    groups.map(({ name }) => {
      const rate = found.get(name)
      const log = rate === undefined ? middle : Math.min(middle + bound, Math.max(middle - bound, Math.log(rate)))
      return [name, Math.exp(log)]
    }),
  )
}
