import { describe, expect, it } from 'vitest'
import type { Graph } from '../../../../src/engine/graph/graph'
import { chooseOrder, givenBack } from '../../../../src/engine/strategies/result-oriented/alternatives'
import type { CostModel, Decision } from '../../../../src/engine/strategies/result-oriented/decide'
import type { Removal } from '../../../../src/engine/strategies/trajectory'

const goal = { measure: 'macs', target: 100 } as const
const removal = (unit: number): Removal => ({
  ...{ unit, group: 'g', index: unit, price: 1, heirs: [], macs: 0, params: 0, bytes: 0, complete: true },
})

/** A unit saves what `saves` says of it. */
function costOf(saves: readonly number[], macs: number): CostModel {
  let now = macs
  return {
    get macs() {
      return now
    },
    params: 0,
    bytes: 0,
    savingOf: (units) => ({ macs: units.reduce((sum, unit) => sum + (saves[unit] as number), 0), params: 0, bytes: 0 }),
    remove(unit) {
      now -= saves[unit] as number
    },
    clone: () => costOf(saves, now),
  }
}

describe('givenBack', () => {
  const kept = (saves: readonly number[], macs: number) =>
    givenBack(
      saves.map((_, unit) => [removal(unit)]),
      costOf(saves, macs),
      goal,
    ).map((step) => step[0]?.unit)

  it('undoes the latest steps that still fit below the goal', () => {
    // 150 - 60 = 90: of the ten left, 6 go to the latest, and 3 to the one before.
    expect(kept([5, 3, 6, 46], 150)).toEqual([0, 3])
  })

  it('undoes nothing where the goal was met exactly, and never the last step', () => {
    expect(kept([10, 10, 30], 150)).toEqual([0, 1, 2])
    expect(kept([120], 150)).toEqual([0])
  })

  it('undoes steps of several units as a whole', () => {
    const steps = [[removal(0), removal(1)], [removal(2)]]
    expect(givenBack(steps, costOf([2, 2, 50], 150), goal)).toEqual([[removal(2)]])
  })
})

describe('chooseOrder', () => {
  /** Takes its units one by one until the goal is met. */
  const order = (units: readonly number[], cost: CostModel) => {
    let at = 0
    return {
      get reached() {
        return cost.macs <= goal.target
      },
      step() {
        const unit = units[at++] as number
        cost.remove(unit)
        return [removal(unit)]
      },
      dispose: () => undefined,
    } as unknown as Decision
  }
  const saves = [10, 20, 25, 25]
  const start = costOf(saves, 145)
  const orders: Record<number, number[]> = { 8: [3, 2], 2: [2, 3], 32: [1, 2] }
  const asked: string[] = []
  const choose = (
    divergences: Record<string, number>,
    ready: Removal[][] = [],
    atOnce = 1,
    foretell?: (plan: string) => number | null,
  ) =>
    chooseOrder(
      (scarcity) => order(orders[scarcity] as number[], start.clone()),
      ready.map((removals) => ({ by: 'elsewhere', removals })),
      start,
      goal,
      4,
      {
        atOnce,
        ask: async ({ removed }) => {
          const name = removed.join('')
          asked.push(name)
          return { network: { name } as Graph, kl: divergences[name] as number }
        },
        foretell: foretell && (async ({ name }) => foretell(name)),
      },
      async () => undefined,
    )

  it('takes the order whose network diverges least, and asks once about the same units', async () => {
    const { steps, tried } = await choose({ '00110': 0.3, '01100': 0.2 })
    expect(asked).toEqual(['00110', '01100'])
    expect(steps.flat().map(({ unit }) => unit)).toEqual([1, 2])
    expect(tried).toEqual([
      { by: 8, units: 2, kl: 0.3 },
      { by: 32, units: 2, kl: 0.2 },
    ])
  })

  it('chooses the same where several are asked about at the same time', async () => {
    const divergences = { '00110': 0.3, '01100': 0.2 }
    asked.length = 0
    const one = await choose(divergences)
    expect(await choose(divergences, [], 3)).toEqual(one)
    expect(asked).toEqual(['00110', '01100', '00110', '01100'])
  })

  it('stays with the first where none is better', async () => {
    const { steps } = await choose({ '00110': 0.2, '01100': 0.2 })
    expect(steps.flat().map(({ unit }) => unit)).toEqual([3, 2])
  })

  it('takes an order that was made elsewhere where the result prefers it, and none that ends before the goal', async () => {
    const ready = [[0, 3, 1].map(removal), [removal(2)]]
    const { steps, tried } = await choose({ '00110': 0.3, '01100': 0.2, '01010': 0.1 }, ready)
    // 145 - 10 - 25 - 20 = 90: the first is given back.
    expect(steps.flat().map(({ unit }) => unit)).toEqual([3, 1])
    expect(tried.at(-1)).toEqual({ by: 'elsewhere', units: 2, kl: 0.1 })
    expect(tried).toHaveLength(3)
  })

  describe('with a few steps of the refit on the result', () => {
    const ready = [[0, 3, 1].map(removal)]
    const divergences = { '00110': 0.3, '01100': 0.2, '01010': 0.5 }
    const later: Record<string, number> = { '00110': 0.1, '01100': 0.15, '01010': 0.01 }

    it.each([1, 3])('takes the near one that they bring nearest, %i at once', async (atOnce) => {
      const { steps, tried } = await choose(divergences, ready, atOnce, (plan) => later[plan] as number)
      expect(steps.flat().map(({ unit }) => unit)).toEqual([3, 2])
      // What is more than twice as far as the nearest is not asked about.
      expect(tried).toEqual([
        { by: 8, units: 2, kl: 0.3, foretold: 0.1 },
        { by: 32, units: 2, kl: 0.2, foretold: 0.15 },
        { by: 'elsewhere', units: 2, kl: 0.5 },
      ])
    })

    it('stays with the quick refit where they cannot be made, and where one is alone', async () => {
      const unasked = await choose(divergences, ready, 1, (plan) => (plan === '01100' ? null : 0.1))
      expect(unasked).toEqual(await choose(divergences, ready))
      const alone = await choose({ ...divergences, '01100': 0.1 }, ready, 1, () => {
        throw new Error('There is nothing to compare.')
      })
      expect(alone.steps.flat().map(({ unit }) => unit)).toEqual([1, 2])
    })
  })

  it('asks nothing where all orders take the same units', async () => {
    asked.length = 0
    const same = await chooseOrder(
      () => order([0, 1, 2], start.clone()),
      [],
      start,
      goal,
      4,
      { atOnce: 3, ask: async () => ({ network: {} as Graph, kl: Number.NaN }) },
      async () => undefined,
    )
    expect(same.tried).toEqual([])
    expect(same.steps.flat().map(({ unit }) => unit)).toEqual([1, 2])
    expect(asked).toEqual([])
  })
})
