import { describe, expect, it } from 'vitest'
import { packGraph } from '../../../src/engine/pipeline/checkpoint/graph-codec'
import { prune } from '../../../src/engine/pipeline/prune'
import type { PruneConfig } from '../../../src/engine/pipeline/types'
import { listStrategies } from '../../../src/engine/strategies'
import { TestNetwork } from '../support/network'
import { randomNetwork } from '../support/random-network'

const config: PruneConfig = {
  strategy: 'l2',
  allocation: 'uniform',
  goal: { kind: 'keep-macs', value: 0.5 },
  roundTo: 1,
  protect: [],
  seed: 0,
}

describe('data-free pruning', () => {
  it('meets the budget, tells what stays and traces every removal', () => {
    const graph = randomNetwork(4, ['normalised', 'residual', 'depthwise'])
    const result = prune(graph, config)
    expect(result.model.after.macs).toBeLessThanOrEqual(0.5 * result.model.before.macs)
    expect(result.trace.steps.at(-1)?.macs).toBe(result.model.after.macs)
    for (const { group, kept, unitsBefore } of result.trace.groups) {
      const gone = result.trace.steps.filter((step) => step.group === group).map((step) => step.unit)
      expect([...kept, ...gone].sort((a, b) => a - b)).toEqual(Array.from({ length: unitsBefore }, (_, i) => i))
    }
  })

  it('removes what is smallest', () => {
    const net = new TestNetwork('scaled')
    const x = net.conv('x', 3, 6)
    const graph = net.graph([net.one('GlobalAveragePool', [net.conv(x, 6, 2, 1)])])
    const weight = net.constants.get('w0')?.data as Float32Array
    for (let i = 0; i < weight.length; i++) weight[i] = (weight[i] as number) * (1 + Math.floor(i / 27))
    const { trace } = prune(graph, config)
    expect(trace.steps.map((step) => step.unit)).toEqual([0, 1, 2])
  })

  it('goes down to one unit of a group, and says so, only where two are over the budget', () => {
    const net = new TestNetwork('coarse')
    const x = net.one('Relu', [net.conv('x', 3, 4)])
    const graph = net.graph([net.one('GlobalAveragePool', [net.conv(x, 4, 2, 1)])])
    const to = (value: number) => prune(graph, { ...config, goal: { kind: 'keep-macs', value } })
    const usual = to(0.5)
    expect(usual.trace.groups.find(({ unitsBefore }) => unitsBefore === 4)?.kept).toHaveLength(2)
    expect(usual.warnings).toEqual([])
    const small = to(0.3)
    expect(small.trace.groups.find(({ unitsBefore }) => unitsBefore === 4)?.kept).toHaveLength(1)
    expect(small.model.after.macs).toBeLessThanOrEqual(0.3 * small.model.before.macs)
    expect(small.warnings.map(({ code }) => code)).toEqual(['run.one-unit'])
    expect(() => to(0.2)).toThrow(expect.objectContaining({ code: 'BUDGET_UNREACHABLE' }))
  })

  it('gives the same bytes twice, and others for another seed', () => {
    const graph = randomNetwork(9, ['plain', 'concat', 'plain'])
    const bytes = (seed: number) => packGraph(prune(graph, { ...config, strategy: 'random', seed }).graph)
    expect(bytes(1)).toEqual(bytes(1))
    expect(bytes(2)).not.toEqual(bytes(1))
  })

  it('works where the network cannot be run', () => {
    const net = new TestNetwork('unknown')
    const a = net.one('Relu', [net.conv('x', 3, 8)])
    const odd = net.one('Mystery', [net.conv(a, 8, 4)])
    const { model } = prune(net.graph([odd]), config)
    expect(model.after.macs).toBeLessThanOrEqual(0.5 * model.before.macs)
  })

  it('refuses strategies that need data and goals that need measuring', () => {
    const graph = randomNetwork(1)
    for (const { name, needsData } of listStrategies()) {
      if (!needsData) continue
      expect(() => prune(graph, { ...config, strategy: name })).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }))
    }
    expect(() => prune(graph, { ...config, goal: { kind: 'max-kl', value: 0.1 } })).toThrow(/needs data/)
    expect(() => prune(graph, { ...config, strategy: 'bn-scale' })).toThrow(
      expect.objectContaining({ code: 'NOTHING_PRUNABLE' }),
    )
  })
})
