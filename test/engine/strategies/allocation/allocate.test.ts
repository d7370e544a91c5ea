import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling'
import { costOf, createCostModel } from '../../../../src/engine/evaluation/cost'
import { allocate, globalFloor, groupLimits, leastFor, widths } from '../../../../src/engine/strategies/allocation'
import { cut, type Removal } from '../../../../src/engine/strategies/trajectory'
import { applyPlan } from '../../../../src/engine/surgery'
import { TestNetwork } from '../../support/network'
import { randomNetwork } from '../../support/random-network'

/** 3 -> 16 -> 32 -> 10, all convolutions of 3x3 on 8x8, then a pooled Gemm. */
function chain() {
  const net = new TestNetwork('chain')
  const a = net.one('Relu', [net.conv('x', 3, 16)])
  const b = net.one('Relu', [net.conv(a, 16, 32)])
  const pooled = net.one('Flatten', [net.one('GlobalAveragePool', [b])])
  const graph = net.graph([net.dense(pooled, 32, 10)])
  return { graph, coupling: analyseCoupling(graph) }
}

function trajectoryOf(
  allocation: 'uniform' | 'global',
  { graph, coupling }: ReturnType<typeof chain>,
  scores: readonly Float64Array[],
  roundTo = 1,
  comparable = false,
) {
  const cost = createCostModel(graph, coupling)
  const limits = groupLimits(coupling, { roundTo, floor: allocation === 'global' ? globalFloor : 0 })
  return {
    cost,
    trajectory: allocate(
      allocation,
      coupling,
      scores.map((score) => ({ scores: score, comparable })),
      limits,
      roundTo,
      cost,
    ),
  }
}

const rising = (units: number, scale = 1) => Float64Array.from({ length: units }, (_, i) => scale * (i + 1))
const scoresOf = ({ coupling }: ReturnType<typeof chain>, scale = [1, 1]) =>
  coupling.groups.map((group, g) => rising(group.units.length, scale[g] ?? 1))
const removedIn = (removals: readonly Removal[], group: string) =>
  removals.filter((removal) => removal.group === group).length

describe('uniform allocation', () => {
  it('keeps the same ratio in every group to within one unit, least important first', () => {
    const network = chain()
    const [first, second] = network.coupling.groups
    const { trajectory, cost } = trajectoryOf('uniform', network, scoresOf(network))
    for (const value of [0.7, 0.5, 0.3, 0.1]) {
      const removals = trajectory.slice(0, cut(trajectory, { kind: 'keep-macs', value }, cost.original))
      const a = removedIn(removals, first?.name ?? '') / 16
      const b = removedIn(removals, second?.name ?? '') / 32
      expect(Math.abs(a - b)).toBeLessThanOrEqual(1 / 16)
      expect(removals.at(-1)?.macs).toBeLessThanOrEqual(value * cost.original.macs)
    }
    const order = trajectory.filter((removal) => removal.group === first?.name).map((removal) => removal.index)
    expect(order).toEqual(Array.from({ length: 14 }, (_, i) => i))
  })

  it('stops at the first removal that meets the budget', () => {
    const network = chain()
    const { trajectory, cost } = trajectoryOf('uniform', network, scoresOf(network))
    const steps = cut(trajectory, { kind: 'keep-params', value: 0.4 }, cost.original)
    expect(trajectory[steps - 1]?.params).toBeLessThanOrEqual(0.4 * cost.original.params)
    expect(trajectory[steps - 2]?.params).toBeGreaterThan(0.4 * cost.original.params)
    expect(cut(trajectory, { kind: 'max-bytes', value: cost.original.bytes }, cost.original)).toBe(0)
  })
})

describe('global allocation', () => {
  it('does not depend on the scale of a group unless the scores are comparable', () => {
    const network = chain()
    const plain = trajectoryOf('global', network, scoresOf(network)).trajectory.map((removal) => removal.unit)
    const scaled = trajectoryOf('global', network, scoresOf(network, [1, 1000])).trajectory
    expect(scaled.map((removal) => removal.unit)).toEqual(plain)
    const raw = trajectoryOf('global', network, scoresOf(network, [1, 1000]), 1, true).trajectory
    expect(raw.slice(0, 14).every((removal) => removal.group === network.coupling.groups[0]?.name)).toBe(true)
  })

  it('keeps a tenth of every group', () => {
    const network = chain()
    const { trajectory } = trajectoryOf('global', network, scoresOf(network))
    expect(removedIn(trajectory, network.coupling.groups[1]?.name ?? '')).toBe(32 - 4)
  })
})

describe('limits', () => {
  it('round widths down in whole blocks', () => {
    expect(widths(16, 2, 1)).toHaveLength(14)
    expect(widths(20, 8, 8)).toEqual([16, 8])
    expect(widths(16, 8, 8)).toEqual([8])
    const network = chain()
    for (const allocation of ['uniform', 'global'] as const) {
      const { trajectory, cost } = trajectoryOf(allocation, network, scoresOf(network), 8)
      const removals = trajectory.slice(0, cut(trajectory, { kind: 'keep-macs', value: 0.5 }, cost.original))
      for (const group of network.coupling.groups) expect(removedIn(removals, group.name) % 8).toBe(0)
    }
  })

  it('explain a budget below the floor', () => {
    const network = chain()
    const { trajectory, cost } = trajectoryOf('global', network, scoresOf(network))
    expect(() => cut(trajectory, { kind: 'keep-macs', value: 0.001 }, cost.original)).toThrow(
      expect.objectContaining({ code: 'BUDGET_UNREACHABLE', message: expect.stringMatching(/floor.*% of now/) }),
    )
  })

  it('keep two units of every group, or one where no network meets the budget otherwise', () => {
    const { graph, coupling } = chain()
    const cost = createCostModel(graph, coupling)
    const options = { roundTo: 1, floor: 0 }
    const sizeWith = (least: number) => {
      const scores = coupling.groups.map((group) => ({ scores: rising(group.units.length), comparable: true }))
      const limits = groupLimits(coupling, { ...options, least })
      const { macs } = allocate('uniform', coupling, scores, limits, 1, cost).at(-1) as Removal
      return macs / cost.original.macs
    }
    const [two, one] = [sizeWith(2), sizeWith(1)]
    expect(one).toBeLessThan(two)
    expect(leastFor({ kind: 'keep-macs', value: two }, coupling, cost, options)).toBe(2)
    expect(leastFor({ kind: 'keep-macs', value: 0.99 * two }, coupling, cost, options)).toBe(1)
    expect(leastFor({ kind: 'max-drop', value: 1 }, coupling, cost, options)).toBe(2)
  })

  it('leave protected layers whole', () => {
    const { graph, coupling } = chain()
    const name = coupling.groups[0]?.name ?? ''
    const held = { graph, coupling: analyseCoupling(graph, [name]) }
    const { trajectory } = trajectoryOf('uniform', held, scoresOf(held))
    expect(removedIn(trajectory, name)).toBe(0)
    expect(trajectory.length).toBeGreaterThan(0)
  })

  it('follow measured curves: the group that suffers least goes first', () => {
    const network = chain()
    const scores = scoresOf(network)
    const names = network.coupling.groups.filter((group) => group.prunable).map((group) => group.name)
    const curves = names.map((group, i) => ({
      group,
      ratios: [0, 0.5, 0.9],
      kl: i === 0 ? [0, 1, 3] : [0, 0.01, 0.02],
    }))
    const cost = createCostModel(network.graph, network.coupling)
    const limits = groupLimits(network.coupling, { roundTo: 1, floor: 0 })
    const trajectory = allocate(
      'sensitivity',
      network.coupling,
      scores.map((score) => ({ scores: score, comparable: false })),
      limits,
      1,
      cost,
      curves,
    )
    const first = trajectory.findIndex(({ group }) => group === names[0])
    expect(trajectory.slice(0, first).length).toBeGreaterThan(trajectory.length / 3)
    const missing = () =>
      allocate(
        'sensitivity',
        network.coupling,
        scores.map((score) => ({ scores: score, comparable: false })),
        limits,
        1,
        cost,
      )
    expect(missing).toThrow(expect.objectContaining({ code: 'INTERNAL' }))
  })
})

describe('on generated networks', () => {
  it('every whole prefix can be applied, costs what it says and leaves two units a group', () => {
    fc.assert(
      fc.property(fc.integer(), fc.constantFrom('uniform' as const, 'global' as const), (seed, allocation) => {
        const graph = randomNetwork(seed)
        const network = { graph, coupling: analyseCoupling(graph) }
        const random = seedrandom.alea(`scores ${seed}`)
        const scores = network.coupling.groups.map((group) => Float64Array.from(group.units, () => random()))
        const { trajectory } = trajectoryOf(allocation, network, scores)
        if (trajectory.length === 0) return
        const steps = 1 + Math.floor(random() * trajectory.length)
        const removed = new Uint8Array(network.coupling.units + 1)
        for (const { unit } of trajectory.slice(0, steps)) removed[unit] = 1
        const { macs, params, bytes } = trajectory[steps - 1] as Removal
        expect({ macs, params, bytes }).toEqual(costOf(applyPlan(graph, network.coupling, { removed })))
        for (const group of network.coupling.groups) {
          if (group.prunable) expect(group.units.filter((unit) => removed[unit] !== 1).length).toBeGreaterThan(1)
        }
      }),
      { numRuns: 60 },
    )
  })
})
