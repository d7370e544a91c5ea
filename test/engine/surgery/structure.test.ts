import fc from 'fast-check'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling/index'
import { costOf, createCostModel } from '../../../src/engine/evaluation/cost'
import { applyPlan, keptByGroup } from '../../../src/engine/surgery/index'
import { blockNames, randomNetwork, randomPlan } from '../support/random-network'

describe('surgery on generated networks', () => {
  it.each(blockNames)('finds units to remove in a network with a %s block', (name) => {
    const coupling = analyseCoupling(randomNetwork(1, ['plain', name, 'plain']))
    expect(coupling.groups.filter((group) => group.prunable).length).toBeGreaterThan(1)
  })

  it('costs what the cost model predicted, whatever is removed and in whatever order', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const graph = randomNetwork(seed)
        const coupling = analyseCoupling(graph)
        const plan = randomPlan(coupling, seedrandom.alea(`plan ${seed}`))
        const cost = createCostModel(graph, coupling)
        expect({ ...cost.original }).toEqual(costOf(graph))
        const units = [...plan.removed.keys()].filter((unit) => plan.removed[unit] === 1)
        const saved = cost.savingOf(units)
        for (const unit of units.reverse()) cost.remove(unit)
        const pruned = costOf(applyPlan(graph, coupling, plan))
        expect({ macs: cost.macs, params: cost.params, bytes: cost.bytes }).toEqual(pruned)
        expect(cost.original.macs - saved.macs).toBe(pruned.macs)
      }),
      { numRuns: 150 },
    )
  })

  it('leaves the original graph as it was', () => {
    const graph = randomNetwork(7)
    const before = [...graph.constants].map(([name, { dims }]) => [name, dims])
    const coupling = analyseCoupling(graph)
    applyPlan(graph, coupling, randomPlan(coupling, seedrandom.alea('plan')))
    expect([...graph.constants].map(([name, { dims }]) => [name, dims])).toEqual(before)
  })

  it('reports the original indices that stay', () => {
    const graph = randomNetwork(3, ['plain'])
    const coupling = analyseCoupling(graph)
    const group = coupling.groups[0]
    const removed = new Uint8Array(coupling.units + 1)
    removed[group?.units[1] as number] = 1
    const kept = keptByGroup(coupling, { removed })[group?.name as string]
    expect(kept).toEqual([0, ...Array.from({ length: (group?.units.length as number) - 2 }, (_, i) => i + 2)])
  })

  it('refuses a plan that leaves a group without units', () => {
    const graph = randomNetwork(3, ['plain'])
    const coupling = analyseCoupling(graph)
    const removed = new Uint8Array(coupling.units + 1)
    for (const unit of coupling.groups[0]?.units ?? []) removed[unit] = 1
    expect(() => applyPlan(graph, coupling, { removed })).toThrow(/removes every unit of group/)
  })
})
