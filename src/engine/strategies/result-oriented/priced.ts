/** A network that was observed and whose groups are priced: from there it is decided to any goal. */
import { EspalierError } from '../../../contract/errors'
import { type Sentence, say } from '../../../contract/sentences'
import type { Coupling } from '../../coupling/index'
import type { GraphNode } from '../../graph/graph'
import type { Statistics } from '../../statistics/index'
import { chooseOrder } from './alternatives'
import { Checkpoints } from './checkpoints'
import { consumersOf, type LayerConsumers } from './consumers'
import { Decision, type DecisionGroup } from './decide'
import type { ChosenOrder } from './preferred'
import { measureRates } from './rates'
import type { OtherOrder, ResultOrientedDecision, ResultOrientedInput } from './types'

export class PricedNetwork {
  private constructor(
    private readonly input: ResultOrientedInput,
    private readonly layers: readonly LayerConsumers[],
    private readonly groups: readonly DecisionGroup[],
    private readonly correlation: ResultOrientedDecision['correlation'],
    private readonly notes: readonly Sentence[],
  ) {}

  /** @throws NOTHING_PRUNABLE, CANCELLED, and what measuring throws */
  static async of(input: ResultOrientedInput, statistics: Statistics): Promise<PricedNetwork> {
    const { graph, coupling, options, checkpoints: tools, quickRefit } = input
    const layers = consumersOf(graph, coupling, statistics)
    const { groups, notes } = pricedGroups(coupling, statistics)
    if (groups.length === 0) {
      throw new EspalierError('NOTHING_PRUNABLE', say('error.nothing-priced'))
    }
    const rates = tools
      ? await measureRates(graph, groups, layers, options.protect, tools, () => breathe(input), quickRefit)
      : new Map<string, number>()
    const { correlation } = statistics
    return new PricedNetwork(
      input,
      layers,
      groups.map((group) => ({ ...group, rate: rates.get(group.name) ?? statistics.nats })),
      { groups: [...correlation.groups], values: correlation.values.map((row) => [...row]) },
      notes,
    )
  }

  /**
   * The removals that lead to a goal, with checkpoints on the way. It may be asked for several goals, one after the other.
   * @param target what the cost must come down to; 0: everything that may go is ordered.
   * @throws BUDGET_UNREACHABLE, CANCELLED, and what the quick refit and measuring throw
   */
  async decideTo(target: number): Promise<ResultOrientedDecision> {
    const { cost, coupling, graph, options, hooks = {}, checkpoints: tools } = this.input
    const chosen = await this.chosenOrder(target)
    const ahead = chosen && [...chosen.steps]
    const layers = this.freshLayers()
    const decision = this.begin(layers, target, options.scarcity)
    const checkpoints = tools ? new Checkpoints(graph, layers, options.protect, tools) : null
    const removed = new Uint8Array(coupling.units + 1)
    const start = cost[options.measure]
    let since = performance.now()
    while (!decision.reached && (target > 0 || decision.canStep)) {
      const step = ahead?.shift()
      for (const removal of step ? decision.follow(step) : decision.step()) removed[removal.unit] = 1
      const { macs, [options.measure]: size } = decision.cost
      const point = { step: decision.removals.length, macs, predicted: decision.predicted }
      await checkpoints?.visit(removed, point, decision.reached || !decision.canStep)
      decision.exchange = checkpoints?.exchange ?? 1
      if (performance.now() - since > 50) {
        hooks.progress?.('decide', Math.min(1, (start - size) / Math.max(1, start - target)))
        await breathe(this.input)
        since = performance.now()
      }
    }
    return {
      trajectory: decision.removals,
      checkpoints: checkpoints?.taken ?? [],
      tried: chosen?.tried ?? [],
      correlation: this.correlation,
      notes: this.notes,
    }
  }

  /** What the result chooses among several orders to a goal; null where there is no goal, or nothing to ask it with. */
  private async chosenOrder(target: number): Promise<ChosenOrder | null> {
    const { cost, coupling, options, otherOrders = [], checkpoints: tools, quickRefit, foretell } = this.input
    if (!tools || !quickRefit || target === 0 || options.scarcity !== undefined) return null
    return chooseOrder(
      (scarcity) => this.begin(this.freshLayers(), target, scarcity, false),
      ordersWithin(otherOrders, this.groups, this.layers),
      cost,
      { measure: options.measure, target },
      coupling.units,
      {
        atOnce: quickRefit.atOnce,
        ask: async (plan) => {
          const network = await quickRefit.refit(plan)
          return { network, kl: await tools.measure(network, 'calibration') }
        },
        foretell,
      },
      () => breathe(this.input),
    )
  }

  /** Decisions use them up. */
  private freshLayers(): LayerConsumers[] {
    return this.layers.map(({ layer, blocks }) => ({ layer, blocks: blocks.map((block) => block.fresh()) }))
  }

  private begin(
    layers: readonly LayerConsumers[],
    target: number,
    scarcity: number | undefined,
    heirs = true,
  ): Decision {
    const { cost, options } = this.input
    return new Decision(
      this.groups,
      layers.flatMap(({ blocks }) => blocks),
      cost.clone(),
      { ...options, target, heirs, ...(scarcity === undefined ? {} : { scarcity }) },
    )
  }
}

/** Lets messages in. @throws CANCELLED */
async function breathe({ hooks = {} }: ResultOrientedInput): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 0))
  if (hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The decision was cancelled.')
}

/** Orders of priced units alone: what has no price stays, whoever asks for it. */
function ordersWithin(
  orders: readonly OtherOrder[],
  groups: readonly { readonly units: Int32Array }[],
  layers: readonly LayerConsumers[],
): readonly OtherOrder[] {
  const read = new Set(layers.flatMap(({ blocks }) => blocks.flatMap((block) => [...block.slots.keys()])))
  const priced = new Set(groups.flatMap(({ units }) => [...units].filter((unit) => read.has(unit))))
  return orders.filter(({ removals }) => removals.every(({ unit }) => priced.has(unit)))
}

/** Groups whose units can be priced: everything with weights that reads them was observed. */
function pricedGroups(coupling: Coupling, statistics: Statistics) {
  const blind = new Map<number, GraphNode>()
  const read = new Set<number>()
  for (const { role, node, units } of coupling.bindings) {
    if (role !== 'consumer') continue
    for (const unit of units) {
      if (unit === 0) continue
      const group = coupling.groupOf[unit] as number
      read.add(group)
      if (!statistics.layers.has(node.name)) blind.set(group, node)
    }
  }
  for (const { units } of statistics.sums) {
    for (const unit of units) if (unit !== 0) read.add(coupling.groupOf[unit] as number)
  }
  const notes: Sentence[] = []
  const groups = coupling.groups.filter((group, g) => {
    if (!group.prunable) return false
    const reader = blind.get(g)
    if (reader) {
      notes.push(say('run.unpriced', { group: group.name, node: reader.name, op: reader.op }))
    } else if (!read.has(g)) {
      notes.push(say('run.unread', { group: group.name }))
    } else return true
    return false
  })
  return { groups, notes }
}
