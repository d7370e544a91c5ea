/** A network that was observed and whose groups are priced: from there it is decided to any goal. */
import { EspalierError } from '../../../contract/errors'
import type { TraceCheckpoint } from '../../../contract/run'
import { type Sentence, say } from '../../../contract/sentences'
import type { Coupling } from '../../coupling/index'
import type { GraphNode } from '../../graph/graph'
import { inOrder } from '../../runtime'
import type { Statistics } from '../../statistics/index'
import { planOf, type Removal, stepsOf } from '../trajectory'
import { chooseOrder } from './alternatives'
import {
  type CheckpointTools,
  DecidedNetworks,
  type Place,
  placesOf,
  placesToMeasure,
  type ToldDecision,
  toldPrices,
} from './checkpoints'
import { consumersOf, type LayerConsumers } from './consumers'
import { Decision, type DecisionGroup } from './decide'
import type { ChosenOrder } from './preferred'
import { measureRates } from './rates'
import type { OtherOrder, ResultOrientedDecision, ResultOrientedInput } from './types'

/** Share of deciding that is not measuring. */
const DECIDED = 1 / 4

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
   * The removals that lead to a goal. It may be asked for several goals, one after the other.
   * @param target what the cost must come down to; 0: everything that may go is ordered.
   * @throws BUDGET_UNREACHABLE, CANCELLED, and what the quick refit and measuring throw
   */
  async decideTo(target: number): Promise<ResultOrientedDecision> {
    const chosen = await this.chosenOrder(target)
    const { measure, scarcity } = this.input.options
    const decision = this.begin(this.freshLayers(), target, scarcity)
    const ahead = chosen && [...chosen.steps]
    const start = decision.cost[measure]
    let since = performance.now()
    try {
      while (!decision.reached && (target > 0 || decision.canStep)) {
        const step = ahead?.shift()
        if (step) decision.follow(step)
        else decision.step()
        if (performance.now() - since > 50) {
          const done = (start - decision.cost[measure]) / Math.max(1, start - target)
          this.input.hooks?.progress?.('decide', DECIDED * Math.min(1, done))
          await breathe(this.input)
          since = performance.now()
        }
      }
    } finally {
      decision.dispose()
    }
    return {
      trajectory: decision.removals,
      tried: chosen?.tried ?? [],
      correlation: this.correlation,
      notes: this.notes,
    }
  }

  /**
   * What a decision predicts on its way against what is measured there, and its prices as they are told then.
   * @param removals as `decideTo` gave them, from the first on. @throws CANCELLED, and what refits and measuring throw
   */
  async told(removals: readonly Removal[]): Promise<ToldDecision> {
    const { checkpoints: tools, hooks } = this.input
    if (!tools) return toldPrices(removals, [])
    const places = placesToMeasure(placesOf(removals))
    const measured: Omit<TraceCheckpoint, 'predicted'>[] = []
    for await (const { step, macs, measured: kl } of this.measuredAt(places, removals, tools)) {
      measured.push({ step, macs, measured: kl })
      hooks?.progress?.('decide', DECIDED + ((1 - DECIDED) * measured.length) / places.length)
    }
    return toldPrices(removals, measured)
  }

  private async *measuredAt(places: readonly Place[], removals: readonly Removal[], tools: CheckpointTools) {
    const { graph, options, checkpointRefit } = this.input
    const planTo = (step: number) => planOf(this.input.coupling, removals.slice(0, step))
    if (checkpointRefit) {
      const measure = async ({ step }: Place) => {
        await breathe(this.input)
        return tools.measure(await checkpointRefit.refit(planTo(step)), 'verification')
      }
      for await (const [place, measured] of inOrder(places, measure, () => checkpointRefit.atOnce)) {
        yield { ...place, measured }
      }
      return
    }
    // The decision's own weights: it is taken once more.
    const layers = this.freshLayers()
    const networks = new DecidedNetworks(graph, layers, options.protect, tools)
    const decision = this.begin(layers, 0, options.scarcity, false)
    const due = [...places]
    try {
      for (const step of stepsOf(removals)) {
        decision.follow(step)
        if (due[0]?.step !== decision.removals.length) continue
        await breathe(this.input)
        const place = due.shift() as Place
        yield { ...place, measured: await tools.measure(networks.present(planTo(place.step)), 'verification') }
      }
    } finally {
      decision.dispose()
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
