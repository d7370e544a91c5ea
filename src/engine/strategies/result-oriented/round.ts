/** One round of the decision: a network that was observed, from its cost down to a goal. */
import { EspalierError } from '../../../contract/errors'
import type { TraceCheckpoint } from '../../../contract/run'
import { type Sentence, say } from '../../../contract/sentences'
import { analyseCoupling, type Coupling } from '../../coupling/index'
import type { Graph, GraphNode } from '../../graph/graph'
import type { Statistics } from '../../statistics/index'
import type { Removal } from '../trajectory'
import { chooseOrder } from './alternatives'
import { Checkpoints } from './checkpoints'
import { consumersOf, type LayerConsumers } from './consumers'
import { type CostModel, Decision, type DecisionGroup } from './decide'
import { measureRates } from './rates'
import type { ResultOrientedInput, TriedOrder } from './types'

/** A network on the way, and what its units are called in the network as it came. */
export interface RoundNetwork {
  readonly graph: Graph
  readonly coupling: Coupling
  /** Unit of the original network by unit id here. */
  readonly originalUnit: Int32Array
}

export const wholeNetwork = ({ graph, coupling }: ResultOrientedInput): RoundNetwork => ({
  graph,
  coupling,
  originalUnit: Int32Array.from({ length: coupling.units + 1 }, (_, unit) => unit),
})

/** The network that is left after a plan: its groups are the same by name, their units those that stayed, in order. */
export function smallerNetwork(
  { coupling: whole, options }: ResultOrientedInput,
  plan: { readonly removed: Uint8Array },
  graph: Graph,
): RoundNetwork {
  const coupling = analyseCoupling(graph, options.protect)
  const originalUnit = new Int32Array(coupling.units + 1)
  const groups = new Map(coupling.groups.map((group) => [group.name, group] as const))
  for (const group of whole.groups) {
    const stayed = group.units.filter((unit) => plan.removed[unit] !== 1)
    const now = groups.get(group.name)
    if (!now || now.units.length !== stayed.length) {
      throw new EspalierError('INTERNAL', `The group "${group.name}" was not found again in the smaller network.`)
    }
    now.units.forEach((unit, i) => {
      if (unit !== 0) originalUnit[unit] = stayed[i] as number
    })
  }
  return { graph, coupling, originalUnit }
}

export interface RoundResult {
  /** In terms of the original network. */
  readonly removals: readonly Removal[]
  readonly checkpoints: readonly TraceCheckpoint[]
  readonly tried: readonly TriedOrder[]
  readonly notes: readonly Sentence[]
  /** Whether anything may still go. */
  readonly more: boolean
}

/** @param work.plan of the original network; the round adds to it. */
export async function decideRound(
  input: ResultOrientedInput,
  network: RoundNetwork,
  statistics: Statistics,
  work: {
    readonly goal: number
    /** Cost of the network as it came. */
    readonly start: number
    readonly plan: { readonly removed: Uint8Array }
    readonly before: readonly Removal[]
  },
): Promise<RoundResult> {
  const { cost, options, hooks = {} } = input
  const { measure } = options
  const { graph, coupling, originalUnit } = network
  const layers = consumersOf(graph, coupling, statistics)
  const { groups, notes } = pricedGroups(coupling, statistics)
  if (groups.length === 0) {
    throw new EspalierError('NOTHING_PRUNABLE', say('error.nothing-priced'))
  }
  const breathe = async () => {
    await new Promise((resolve) => setTimeout(resolve, 0))
    if (hooks.signal?.aborted) throw new EspalierError('CANCELLED', 'The decision was cancelled.')
  }
  const rates = input.checkpoints
    ? await measureRates(
        graph,
        groups,
        layers,
        options.protect,
        input.checkpoints,
        breathe,
        work.before.length === 0 ? input.quickRefit : undefined,
      )
    : new Map<string, number>()
  const widths = new Map(input.coupling.groups.map((group) => [group.name, group.units.length] as const))
  const priced = groups.map(
    (group): DecisionGroup => ({
      ...group,
      width: widths.get(group.name) ?? group.units.length,
      rate: rates.get(group.name) ?? statistics.nats,
    }),
  )
  const own = translated(cost, originalUnit)
  const goal = { measure, target: work.goal }
  // A goal that is bisected later has no end at which orders could be compared.
  const { checkpoints: tools, quickRefit } = input
  const chosen =
    tools && quickRefit && options.target > 0 && options.scarcity === undefined && work.before.length === 0
      ? await chooseOrder(
          (scarcity) =>
            new Decision(
              priced,
              layers.flatMap(({ blocks }) => blocks.map((block) => block.fresh())),
              own.clone(),
              { ...options, target: work.goal, scarcity },
            ),
          ordersWithin(input.otherOrders ?? [], groups, layers),
          own,
          goal,
          coupling.units,
          async (plan) => tools.measure(await quickRefit(plan), 'calibration'),
          breathe,
        )
      : null
  const ahead = chosen && [...chosen.steps]
  const decision = new Decision(
    priced,
    layers.flatMap((layer) => layer.blocks),
    own,
    { ...options, target: work.goal },
  )
  const predicted = work.before.reduce((sum, removal) => sum + removal.price, 0)
  const checkpoints = input.checkpoints
    ? new Checkpoints(graph, layers, options.protect, input.checkpoints, predicted)
    : null
  const removed = new Uint8Array(coupling.units + 1)
  let since = performance.now()
  while (!decision.reached && (options.target > 0 || decision.canStep)) {
    const step = ahead?.shift()
    for (const removal of step ? decision.follow(step) : decision.step()) {
      removed[removal.unit] = 1
      work.plan.removed[originalUnit[removal.unit] as number] = 1
    }
    const point = {
      step: work.before.length + decision.removals.length,
      macs: cost.macs,
      predicted: predicted + decision.predicted,
    }
    await checkpoints?.visit(removed, point, decision.reached || !decision.canStep)
    decision.exchange = checkpoints?.exchange ?? 1
    if (performance.now() - since > 50) {
      const aim = Math.max(1, work.start - options.target)
      hooks.progress?.('decide', Math.min(1, (work.start - cost[measure]) / aim))
      await breathe()
      since = performance.now()
    }
  }
  const original = (unit: number) => originalUnit[unit] as number
  return {
    removals: decision.removals.map((removal) => ({
      ...removal,
      unit: original(removal.unit),
      index: input.coupling.indexOf[original(removal.unit)] as number,
      heirs: removal.heirs.map(({ unit, share }) => ({ unit: original(unit), share })),
    })),
    checkpoints: checkpoints?.taken ?? [],
    tried: chosen?.tried ?? [],
    notes,
    more: decision.canStep,
  }
}

/** Orders of priced units alone: what has no price stays, whoever asks for it. */
function ordersWithin(
  orders: readonly (readonly Removal[])[],
  groups: readonly { readonly units: Int32Array }[],
  layers: readonly LayerConsumers[],
): readonly (readonly Removal[])[] {
  const read = new Set(layers.flatMap(({ blocks }) => blocks.flatMap((block) => [...block.slots.keys()])))
  const priced = new Set(groups.flatMap(({ units }) => [...units].filter((unit) => read.has(unit))))
  return orders.filter((order) => order.every(({ unit }) => priced.has(unit)))
}

/** The original network's cost model, asked in the units of a later one. */
const translated = (cost: CostModel, originalUnit: Int32Array): CostModel => ({
  get macs() {
    return cost.macs
  },
  get params() {
    return cost.params
  },
  get bytes() {
    return cost.bytes
  },
  savingOf: (units) => cost.savingOf(units.map((unit) => originalUnit[unit] as number)),
  remove: (unit) => cost.remove(originalUnit[unit] as number),
  clone: () => translated(cost.clone(), originalUnit),
})

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
