/** Step 3, the automatic decision: which unit goes next, until the budget is met. One trajectory serves every budget. */
import { EspalierError } from '../../../contract/errors'
import { usualLeast } from '../allocation/limits'
import type { Removal } from '../trajectory'
import type { Consumer } from './consumer'

export interface Amount {
  readonly macs: number
  readonly params: number
  readonly bytes: number
}

export type Measure = keyof Amount

/** Exact size of the network as it is now, and what removing more units together would save. */
export interface CostModel extends Amount {
  savingOf(units: readonly number[]): Amount
  remove(unit: number): void
  clone(): CostModel
}

export interface DecisionGroup {
  readonly name: string
  /** Unit ids by original index; 0 where a unit must stay. */
  readonly units: Int32Array
  readonly prunable: boolean
  /** Units it had before anything was removed, which the floor is a share of; default: as many as there are. */
  readonly width?: number
  /** Nats of KL a unit of its priced change, as measured; default 1. */
  readonly rate?: number
}

export interface DecideOptions {
  /** What is saved: the prices are compared per unit of it. */
  readonly measure: Measure
  /** The decision ends when the measure is at most this much. */
  readonly target: number
  /** Widths are brought down to multiples of this. */
  readonly roundTo: number
  /** At least this many units of every group stay; default 2. */
  readonly least?: number
  /** At least this share of every group stays; 0: no floor. */
  readonly floor?: number
  /** Whether removals tell who took over their work, which takes a seventh of their time. Default: they do. */
  readonly heirs?: boolean
  /** How much dearer a group gets as it shrinks: prices count times (width / units left) to this power. Default 8. */
  readonly scarcity?: number
}

/**
 * A price is what one removal costs while the others make up for it as they are. The refits let all layers make up for
 * it together, and for that the units that are left of a group are needed: the fewer they are, the more each is worth.
 */
export const SCARCITY = 8

/** Heirs that are told of each removal. */
const MOST_HEIRS = 5

/**
 * Where a group is wide, up to so many units go between two updates of W and P, and no more than one of so many that are
 * left: among hundreds the next ones' prices hardly change, and updates of one unit are most of the work.
 */
const TOGETHER = 8
const ONE_OF = 64

interface GroupState {
  readonly group: DecisionGroup
  /** Units that can still go. */
  readonly alive: number[]
  /** Units that must stay. */
  readonly staying: number
  readonly least: number
}

/** The greedy decision as a machine that is stepped, so that it can be watched, cancelled and measured on the way. */
export class Decision {
  readonly removals: Removal[] = []
  /** Summed price of everything removed, in nats. */
  predicted = 0
  private readonly groups: GroupState[]
  /** Price a unit, summed over its consumers; infinite once removed. */
  private readonly prices: Float64Array
  /** The same, reader by reader: those of a unit lie from `partsFrom[unit]` to `partsFrom[unit + 1]`. */
  private readonly parts: Float64Array
  private readonly partsFrom: Int32Array
  /** Units a consumer reads, and where its part of each price lies. */
  private readonly reading = new Map<Consumer, { readonly units: Int32Array; readonly places: Int32Array }>()
  private readonly readers = new Map<number, Consumer[]>()
  private readonly makers = new Map<number, { consumer: Consumer; row: number }[]>()

  constructor(
    groups: readonly DecisionGroup[],
    readonly consumers: readonly Consumer[],
    readonly cost: CostModel,
    private readonly options: DecideOptions,
  ) {
    let largest = 0
    for (const group of groups) for (const unit of group.units) largest = Math.max(largest, unit)
    this.prices = new Float64Array(largest + 1)
    for (const consumer of consumers) {
      for (const unit of consumer.slots.keys()) {
        const list = this.readers.get(unit)
        if (list) list.push(consumer)
        else this.readers.set(unit, [consumer])
      }
      consumer.outputUnits.forEach((unit, row) => {
        if (unit === 0) return
        const list = this.makers.get(unit)
        if (list) list.push({ consumer, row })
        else this.makers.set(unit, [{ consumer, row }])
      })
    }
    this.partsFrom = new Int32Array(this.prices.length + 1)
    for (let unit = 0; unit < this.prices.length; unit++) {
      this.partsFrom[unit + 1] = (this.partsFrom[unit] as number) + (this.readers.get(unit)?.length ?? 0)
    }
    this.parts = new Float64Array(this.partsFrom[this.prices.length] as number)
    for (const consumer of consumers) {
      const units = Int32Array.from(consumer.slots.keys()).filter((unit) => unit < this.prices.length)
      const places = units.map(
        (unit) => (this.partsFrom[unit] as number) + (this.readers.get(unit) as Consumer[]).indexOf(consumer),
      )
      this.reading.set(consumer, { units, places })
    }
    // A unit that no linear operator reads has no price, so it stays.
    this.groups = groups
      .filter((group) => group.prunable)
      .map((group) => {
        const alive = Array.from(group.units).filter((unit) => this.readers.has(unit))
        const least = Math.max(
          options.least ?? usualLeast,
          Math.ceil((options.floor ?? 0) * (group.width ?? group.units.length)),
        )
        return { group, alive, staying: group.units.length - alive.length, least }
      })
    this.renew(consumers)
  }

  /** Price of a unit as things stand, before any rate; Infinity when it is gone. */
  price(unit: number): number {
    return this.prices[unit] as number
  }

  /** Frees what its consumers hold on the backend. They start anew where another removal follows. */
  dispose(): void {
    for (const consumer of this.consumers) consumer.dispose()
  }

  get reached(): boolean {
    return this.cost[this.options.measure] <= this.options.target
  }

  /** Whether any group may still lose a block. */
  get canStep(): boolean {
    return this.groups.some((state) => this.blockSize(state) > 0)
  }

  /**
   * Removes the block (one unit, unless widths are rounded) with the least price per cost saved that the budget asks for.
   * @returns what was removed, in order.
   * @throws BUDGET_UNREACHABLE when every group is down to its least.
   */
  step(): readonly Removal[] {
    const { measure, target } = this.options
    const missing = this.cost[measure] - target
    let best: { state: GroupState; block: readonly number[]; ratio: number } | null = null
    for (const state of this.groups) {
      const size = this.blockSize(state)
      if (size === 0) continue
      let block = this.cheapest(state, this.options.roundTo > 1 ? size : this.together(state))
      let saved = this.cost.savingOf(block)[measure]
      // Near the goal the last ones go one by one.
      if (saved > missing && block.length > size) {
        block = block.slice(0, size)
        saved = this.cost.savingOf(block)[measure]
      }
      // In nats as measured of the group alone: prices of different groups compare only then.
      const scarce = this.leftOf(state) ** -(this.options.scarcity ?? SCARCITY)
      const price = scarce * (state.group.rate ?? 1) * block.reduce((sum, unit) => sum + this.price(unit), 0)
      // What goes beyond the budget is worth nothing: at the end finer units fill what is left of it.
      const useful = missing > 0 ? Math.min(saved, missing) : saved
      const ratio = saved > 0 ? price / useful : Number.POSITIVE_INFINITY
      if (best === null || ratio < best.ratio) best = { state, block, ratio }
    }
    if (best === null || best.ratio === Number.POSITIVE_INFINITY) {
      throw new EspalierError(
        'BUDGET_UNREACHABLE',
        `The network cannot get down to ${Math.round(this.options.target)} ${this.options.measure}: with every group at its smallest allowed width it still needs ${Math.round(this.cost[this.options.measure])}. Choose a larger budget, protect less, or lower the rounding.`,
      )
    }
    const { state, block } = best
    const removed: Removal[] = []
    for (let left = block.length; left > 0; ) {
      const units = this.cheapest(state, Math.min(left, this.together(state)))
      left -= units.length
      removed.push(...this.remove(state, units, left === 0))
    }
    this.removals.push(...removed)
    return removed
  }

  /** Takes a step that was decided elsewhere: these units, in this order. */
  follow(step: readonly { readonly unit: number; readonly group: string }[]): readonly Removal[] {
    const removed: Removal[] = []
    for (let at = 0; at < step.length; ) {
      const { group } = step[at] as { group: string }
      const state = this.groups.find((one) => one.group.name === group) as GroupState
      const others = step.findIndex((one, i) => i > at && one.group !== group)
      const end = Math.min(others < 0 ? step.length : others, at + this.together(state))
      const units = step.slice(at, end).map(({ unit }) => unit)
      at = end
      removed.push(...this.remove(state, units, at === step.length))
    }
    this.removals.push(...removed)
    return removed
  }

  /** Units of a group that go at once. */
  private together({ alive, staying, least }: GroupState): number {
    const width = alive.length + staying
    return Math.max(1, Math.min(TOGETHER, Math.floor(width / ONE_OF), width - Math.max(least, staying)))
  }

  /** Share of a group's units that is left. */
  private leftOf({ group, alive, staying }: GroupState): number {
    return (alive.length + staying) / (group.width ?? group.units.length)
  }

  /** Units down to the next width that is a multiple of `roundTo`; 0 where none may go. */
  private blockSize({ alive, staying, least }: GroupState): number {
    const { roundTo } = this.options
    const width = alive.length + staying
    const next = Math.floor((width - 1) / roundTo) * roundTo
    return next >= Math.max(least, staying) ? width - next : 0
  }

  /** The cheapest units of a group; ties go to the lower unit id. */
  private cheapest({ alive }: GroupState, count: number): number[] {
    if (count === 1) {
      let best = alive[0] as number
      for (const unit of alive) if (this.price(unit) < this.price(best)) best = unit
      return [best]
    }
    return [...alive].sort((a, b) => this.price(a) - this.price(b) || a - b).slice(0, count)
  }

  /** @param complete whether a plan may end behind the last of these units */
  private remove(state: GroupState, units: readonly number[], complete: boolean): Removal[] {
    const rate = state.group.rate ?? 1
    const alone = units.map((unit) => this.price(unit))
    const touched = new Set<Consumer>()
    const heirs = new Map<number, number>()
    const readers = new Set(units.flatMap((unit) => this.readers.get(unit) ?? []))
    let change = 0
    for (const consumer of readers) {
      const found = consumer.removeInputs(units, this.options.heirs === false ? 0 : MOST_HEIRS)
      change += found.price
      for (const { unit, share } of found.heirs) heirs.set(unit, (heirs.get(unit) ?? 0) + share / readers.size)
      touched.add(consumer)
    }
    const made = new Map<Consumer, number[]>()
    for (const { consumer, row } of units.flatMap((unit) => this.makers.get(unit) ?? [])) {
      const rows = made.get(consumer)
      if (rows) rows.push(row)
      else made.set(consumer, [row])
    }
    for (const [consumer, rows] of made) {
      consumer.removeOutputs(rows)
      touched.add(consumer)
    }
    const told = [...heirs]
      .map(([unit, share]) => ({ unit, share }))
      .sort((a, b) => b.share - a.share || a.unit - b.unit)
      .slice(0, MOST_HEIRS)
    // What they cost together is each one's by what it would have cost alone.
    const sum = alone.reduce((total, price) => total + price, 0)
    const removals = units.map((unit, i): Removal => {
      const share = sum === 0 ? 1 / units.length : (alone[i] as number) / sum
      const price = share * change * rate
      state.alive.splice(state.alive.indexOf(unit), 1)
      this.prices[unit] = Number.POSITIVE_INFINITY
      this.cost.remove(unit)
      this.predicted += price
      const { macs, params, bytes } = this.cost
      const index = state.group.units.indexOf(unit)
      const last = complete && i === units.length - 1
      return { unit, group: state.group.name, index, price, heirs: told, macs, params, bytes, complete: last }
    })
    this.renew(touched)
    return removals
  }

  /** Renews the prices of the units that operators read, each summed once. */
  private renew(consumers: Iterable<Consumer>): void {
    const dirty = new Set<number>()
    for (const consumer of consumers) {
      const { units, places } = this.reading.get(consumer) as { units: Int32Array; places: Int32Array }
      for (let i = 0; i < units.length; i++) {
        const unit = units[i] as number
        if (this.prices[unit] === Number.POSITIVE_INFINITY) continue
        this.parts[places[i] as number] = consumer.price(unit)
        dirty.add(unit)
      }
    }
    for (const unit of dirty) {
      let sum = 0
      const end = this.partsFrom[unit + 1] as number
      for (let at = this.partsFrom[unit] as number; at < end; at++) sum += this.parts[at] as number
      this.prices[unit] = sum
    }
  }
}
