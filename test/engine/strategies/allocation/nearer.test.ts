import { describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling'
import { createCostModel } from '../../../../src/engine/evaluation/cost'
import { int } from '../../../../src/engine/graph/graph'
import { prune } from '../../../../src/engine/pipeline/prune'
import { nearerToBudget } from '../../../../src/engine/strategies/allocation'
import type { Removal } from '../../../../src/engine/strategies/trajectory'
import { TestNetwork } from '../../support/network'

/** Four wide channels whose every removal costs a quarter, behind a fine layer. */
function coarse() {
  const net = new TestNetwork(5)
  const fine = net.conv('x', 3, 24, 1)
  const wide = net.conv(fine, 24, 4, 3)
  return net.graph([
    net.dense(net.one('Flatten', [net.one('GlobalAveragePool', [net.conv(wide, 4, 40, 3)])], { axis: int(1) }), 40, 4),
  ])
}

const goal = { kind: 'keep-macs', value: 0.5 } as const
const config = { strategy: 'l2', goal, roundTo: 1, protect: [], seed: 0 } as const

describe('a budget that one step jumps over', () => {
  it.each(['uniform', 'global'] as const)('is met from below within 5 %% (%s)', (allocation) => {
    const { model } = prune(coarse(), { ...config, allocation, protect: [] })
    const share = model.after.macs / model.before.macs
    expect(share).toBeLessThanOrEqual(0.5)
    expect(share).toBeGreaterThanOrEqual(0.475)
  })

  it('keeps what is near enough, and gives back the latest steps of other groups in their order', () => {
    const graph = coarse()
    const coupling = analyseCoupling(graph)
    const cost = createCostModel(graph, coupling)
    const running = cost.clone()
    const order = [...[0, 1, 2, 3, 4, 5].map((i) => [0, i]), ...[0, 1].map((i) => [1, i])] as [number, number][]
    const removals = order.map(([g, index]): Removal => {
      const { name, units } = coupling.groups[g] as (typeof coupling.groups)[number]
      running.remove(units[index] as number)
      const { macs, params, bytes } = running
      return {
        unit: units[index] as number,
        group: name,
        index,
        price: 0,
        heirs: [],
        macs,
        params,
        bytes,
        complete: true,
      }
    })
    const reached = (removals.at(-1) as Removal).macs / cost.original.macs
    expect(nearerToBudget(removals, { kind: 'keep-macs', value: reached * 1.01 }, cost)).toBe(removals)
    const nearer = nearerToBudget(removals, { kind: 'keep-macs', value: reached * 1.08 }, cost)
    expect(nearer.length).toBeLessThan(removals.length)
    const left = nearer.filter(({ group }) => group === removals[0]?.group).map(({ index }) => index)
    expect(left).toEqual(left.map((_, i) => i))
    expect(nearer.filter(({ group }) => group === removals.at(-1)?.group)).toHaveLength(2)
    expect((nearer.at(-1) as Removal).macs).toBeLessThanOrEqual(reached * 1.08 * cost.original.macs)
  })
})
