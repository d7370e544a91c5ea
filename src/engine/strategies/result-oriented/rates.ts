/** What a group's priced change is worth in nats: the cheaper half of it is taken away, alone, and the result measured. */
import { analyseCoupling, type Coupling, type Group } from '../../coupling/index'
import type { Graph } from '../../graph/graph'
import { inferShapes } from '../../ops/infer'
import { writeWeights } from '../../statistics/index'
import { withBias } from '../../statistics/linear-layer'
import type { CheckpointTools } from './checkpoints'
import type { Consumer } from './consumer'
import { byChannel, type LayerConsumers } from './consumers'

/** Rates further apart than this from their median are not believed. */
const SPREAD = 100

/** The cheaper half of a group's units, by their price before anything is removed. */
function cheaperHalf(group: Group, consumers: readonly Consumer[]): Set<number> {
  const priced = Array.from(group.units)
    .filter((unit) => unit !== 0 && consumers.some((consumer) => consumer.slots.has(unit)))
    .map((unit) => ({ unit, price: consumers.reduce((sum, consumer) => sum + consumer.price(unit), 0) }))
    .sort((a, b) => a.price - b.price || a.unit - b.unit)
  return new Set(priced.slice(0, Math.floor(group.units.length / 2)).map(({ unit }) => unit))
}

/**
 * Measured KL over joint price for each group by name. Second-order prices of different layers are not worth the same:
 * positions add up differently, and what confident samples lose is nothing (measured: a factor of ten between
 * convolutions and a classifier). Groups without a sensible measurement get the median of the others.
 * @param layers as `consumersOf` gives them; left alone.
 */
export async function measureRates(
  graph: Graph,
  groups: readonly Group[],
  layers: readonly LayerConsumers[],
  protectedNodes: readonly string[],
  tools: CheckpointTools,
  between: () => Promise<void>,
): Promise<Map<string, number>> {
  let biased = graph
  const own = layers.map(({ layer, blocks }) => {
    const step = withBias(biased, layer)
    biased = step.graph
    return { layer: step.layer, blocks }
  })
  biased = inferShapes(biased)
  const coupling: Coupling = analyseCoupling(biased, protectedNodes)
  const found = new Map<string, number>()
  for (const group of groups) {
    await between()
    const readers = own.filter(({ blocks }) =>
      blocks.some((block) => group.units.some((unit) => unit !== 0 && block.slots.has(unit))),
    )
    const half = cheaperHalf(
      group,
      readers.flatMap(({ blocks }) => blocks),
    )
    let network = biased
    let price = 0
    for (const { layer, blocks } of readers) {
      const weights = blocks.map((block) => {
        const left = block.without(half)
        price += left?.price ?? 0
        return byChannel({ ...shapeOf(block), weights: left?.weights ?? block.weights })
      })
      network = writeWeights(network, layer, weights)
    }
    const removed = new Uint8Array(coupling.units + 1)
    for (const unit of half) removed[unit] = 1
    const rate = (await tools.measure(tools.apply(network, coupling, { removed }), 'calibration')) / price
    if (Number.isFinite(rate) && rate > 0) found.set(group.name, rate)
  }
  return believable(groups, found)
}

const shapeOf = ({ taps, outputs, rows }: Consumer) => ({ taps, outputs, rows })

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
