import { describe, expect, it } from 'vitest'
import { EspalierError } from '../../../../src/contract/errors'
import { precisionOf } from '../../../../src/engine/statistics/precision'
import { Consumer } from '../../../../src/engine/strategies/result-oriented/consumer'
import { type CostModel, Decision } from '../../../../src/engine/strategies/result-oriented/decide'
import { chain, chainMacs } from './chain'

const first = [1, 7, 15]
const widths = [6, 8, 7]
const unitsOf = (group: number) =>
  Int32Array.from({ length: widths[group] as number }, (_, i) => (first[group] as number) + i)

/** The chain as the decision sees it: units 1-6, 7-14, 15-21 of its three convolutions. */
function chainConsumers(): Consumer[] {
  return widths.map((width, group) => {
    const last = group === 2
    const source = last ? chain.dense : chain.weights[group + 1]
    const bias = last ? chain.denseBias : chain.biases[group + 1]
    if (!source || !bias) throw new Error('the fixture is incomplete')
    const outputs = source.dims[0] as number
    const taps = last ? 1 : 9
    const rows = width * taps + 1
    const weights = new Float64Array(outputs * rows)
    for (let o = 0; o < outputs; o++) {
      for (let j = 0; j < rows - 1; j++) weights[o * rows + j] = source.data[o * (rows - 1) + j] as number
      weights[o * rows + rows - 1] = bias.data[o] as number
    }
    return new Consumer({
      outputUnits: last ? new Int32Array(outputs) : unitsOf(group + 1),
      rows,
      weights,
      taps: 1,
      moments: chain.moments[group] as Float64Array,
      precision: precisionOf(chain.moments[group] as Float64Array, rows),
      sensitivity: chain.sensitivity[group] as Float64Array,
      slots: new Map(
        Array.from(unitsOf(group), (unit, i) => [unit, Int32Array.from({ length: taps }, (_, t) => i * taps + t)]),
      ),
    })
  })
}

function chainCost(now = [...widths]): CostModel {
  const groupOf = (unit: number) => (unit < 7 ? 0 : unit < 15 ? 1 : 2)
  const without = (units: readonly number[]) =>
    now.map((width, i) => width - units.filter((unit) => groupOf(unit) === i).length)
  return {
    get macs() {
      return chainMacs(now)
    },
    params: 0,
    bytes: 0,
    savingOf: (units) => ({ macs: chainMacs(now) - chainMacs(without(units)), params: 0, bytes: 0 }),
    remove(unit) {
      now[groupOf(unit)] = (now[groupOf(unit)] as number) - 1
    },
    clone: () => chainCost([...now]),
  }
}

const groups = widths.map((_, i) => ({ name: `conv${i}`, units: unitsOf(i), prunable: true }))
const options = { measure: 'macs', target: chain.goal, roundTo: 1 } as const

describe('Decision', () => {
  it('prices every unit as the prototype does', () => {
    const decision = new Decision(groups, chainConsumers(), chainCost(), options)
    groups.forEach((group, g) => {
      group.units.forEach((unit, i) => {
        const expected = chain.firstPrices[g]?.[i] as number
        expect(Math.abs(decision.price(unit) - expected)).toBeLessThan(1e-9 * Math.max(1, expected))
      })
    })
  })

  it('keeps the same units as the prototype', () => {
    // Which has no scarcity, and does not look at the budget before it is reached.
    const decision = new Decision(groups, chainConsumers(), chainCost(), { ...options, target: 0, scarcity: 0 })
    while (decision.cost.macs > chain.goal) decision.step()
    const gone = new Set(decision.removals.map((removal) => removal.unit))
    expect(groups.map((group) => [...group.units.keys()].filter((i) => !gone.has(group.units[i] as number)))).toEqual(
      chain.kept,
    )
    expect(decision.removals.at(-1)?.macs).toBe(decision.cost.macs)
    expect(decision.predicted).toBeCloseTo(
      decision.removals.reduce((sum, removal) => sum + removal.price, 0),
      10,
    )
  })

  it('spares what has become scarce, without telling other prices', () => {
    const leastShare = (scarcity: number) => {
      const decision = new Decision(groups, chainConsumers(), chainCost(), { ...options, scarcity })
      const left = new Map(groups.map((group) => [group.name, group.units.length]))
      while (!decision.reached) {
        for (const { unit, group, price } of decision.step()) {
          left.set(group, (left.get(group) as number) - 1)
          expect(price).toBeGreaterThanOrEqual(0)
          expect(decision.price(unit)).toBe(Number.POSITIVE_INFINITY)
        }
      }
      expect(decision.predicted).toBeCloseTo(
        decision.removals.reduce((sum, removal) => sum + removal.price, 0),
        10,
      )
      return Math.min(...groups.map((group) => (left.get(group.name) as number) / group.units.length))
    }
    expect(leastShare(8)).toBeGreaterThan(leastShare(0))
  })

  it('takes the steps of another decision as that one did', () => {
    const other = new Decision(groups, chainConsumers(), chainCost(), { ...options, roundTo: 2 })
    const steps = []
    while (!other.reached) steps.push(other.step())
    const decision = new Decision(groups, chainConsumers(), chainCost(), { ...options, roundTo: 2 })
    for (const step of steps) decision.follow(step)
    expect(decision.removals).toEqual(other.removals)
    expect(decision.predicted).toBe(other.predicted)
  })

  it('fills what is left of a budget with fine units, though coarse ones save more for their price', () => {
    const start = 1_000_000
    const takenFrom = (coarse: number, missing: number) => {
      let macs = start
      const saved = (unit: number) => (groups[coarse]?.units.includes(unit) ? 50_000 : 100)
      const cost: CostModel = {
        get macs() {
          return macs
        },
        params: 0,
        bytes: 0,
        savingOf: (units) => ({ macs: units.reduce((sum, unit) => sum + saved(unit), 0), params: 0, bytes: 0 }),
        remove(unit) {
          macs -= saved(unit)
        },
        clone: () => cost,
      }
      const decision = new Decision(groups, chainConsumers(), cost, {
        ...options,
        target: start - missing,
        scarcity: 0,
      })
      while (!decision.reached) decision.step()
      return { first: decision.removals[0]?.group, over: start - missing - macs }
    }
    const prices = new Decision(groups, chainConsumers(), chainCost(), options)
    const least = groups.map(({ units }) => Math.min(...Array.from(units, (unit) => prices.price(unit))))
    const dearest = least.indexOf(Math.max(...least))
    expect(takenFrom(dearest, 90_000).first).toBe(groups[dearest]?.name)
    const end = takenFrom(dearest, 100)
    expect(end.first).not.toBe(groups[dearest]?.name)
    expect(end.over).toBe(0)
  })

  describe('of a wide group', () => {
    const units = Int32Array.from({ length: 256 }, (_, i) => i + 1)
    const rows = units.length + 1
    const diagonal = (value: number) => {
      const matrix = new Float64Array(rows * rows)
      for (let i = 0; i < rows; i++) matrix[i * rows + i] = value
      return matrix
    }
    /** Units that know nothing of one another, each as dear as the square of its place, the last ones the cheapest. */
    const consumer = () =>
      new Consumer({
        outputUnits: new Int32Array(1),
        rows,
        weights: Float64Array.from({ length: rows }, (_, i) => (i < units.length ? units.length - i : 0)),
        taps: 1,
        moments: diagonal(1),
        precision: diagonal(1),
        sensitivity: Float64Array.of(2),
        slots: new Map(Array.from(units, (unit, i) => [unit, Int32Array.of(i)])),
      })
    const wideCost = (left = units.length): CostModel => ({
      get macs() {
        return left
      },
      params: 0,
      bytes: 0,
      savingOf: (some) => ({ macs: some.length, params: 0, bytes: 0 }),
      remove: () => {
        left--
      },
      clone: () => wideCost(left),
    })
    const wide = [{ name: 'wide', units, prunable: true }]
    const decide = (target: number, least = 2) =>
      new Decision(wide, [consumer()], wideCost(), { ...options, target, least })

    it('takes several units at once, the cheapest, and never more than the budget asks for', () => {
      const decision = decide(101)
      const sizes: number[] = []
      while (!decision.reached) sizes.push(decision.step().length)
      expect(sizes.slice(0, 3)).toEqual([4, 3, 3])
      expect(Math.min(...sizes)).toBe(1)
      expect(decision.cost.macs).toBe(101)
      expect(decision.removals.map(({ unit }) => unit)).toEqual(Array.from({ length: 155 }, (_, i) => 256 - i))
      decision.removals.forEach(({ price }, i) => {
        expect(price).toBeCloseTo((i + 1) ** 2, 6)
      })
      expect(decision.removals.filter(({ complete }) => complete).length).toBe(sizes.length)
    })

    it('leaves the least width, and follows another decision to the same prices', () => {
      const other = decide(0, 250)
      const steps = []
      while (other.canStep) steps.push(other.step())
      expect(steps.map(({ length }) => length)).toEqual([4, 2])
      const decision = decide(0, 250)
      for (const step of steps) decision.follow(step)
      expect(decision.removals).toEqual(other.removals)
    })
  })

  it('rounds widths and only completes a block at a multiple', () => {
    const decision = new Decision(groups, chainConsumers(), chainCost(), { ...options, roundTo: 4, target: 17_000 })
    while (!decision.reached) decision.step()
    const now = [...widths]
    for (const removal of decision.removals) {
      const g = groups.findIndex((group) => group.name === removal.group)
      now[g] = (now[g] as number) - 1
      if (removal.complete) expect((now[g] as number) % 4).toBe(0)
    }
    expect(decision.removals.length).toBeGreaterThan(0)
  })

  it('refuses a budget below the least widths, saying what is possible', () => {
    const decision = new Decision(groups, chainConsumers(), chainCost(), { ...options, target: 1 })
    const all = () => {
      while (!decision.reached) decision.step()
    }
    expect(all).toThrowError(EspalierError)
    expect(all).toThrowError(/cannot get down to 1 macs/)
    // Two units of each group are left.
    expect(decision.removals.length).toBe(6 + 8 + 7 - 6)
  })

  it('leaves fixed units and groups that cannot be pruned alone', () => {
    const fixed = groups.map((group, g) =>
      g === 0
        ? { ...group, prunable: false }
        : g === 1
          ? { ...group, units: group.units.map((u, i) => (i < 5 ? 0 : u)) }
          : group,
    )
    const decision = new Decision(fixed, chainConsumers(), chainCost(), {
      ...options,
      target: 0.75 * chainMacs(widths),
    })
    while (!decision.reached) decision.step()
    for (const removal of decision.removals) {
      expect(removal.group).not.toBe('conv0')
      if (removal.group === 'conv1') expect(removal.index).toBeGreaterThanOrEqual(5)
    }
  })
})
