import { describe, expect, it } from 'vitest'
import { inspectionSchema, modelViewSchema } from '../../../src/contract/entities'
import { analyseCoupling } from '../../../src/engine/coupling'
import { createCostModel } from '../../../src/engine/evaluation/cost'
import { inferShapes } from '../../../src/engine/ops/infer'
import { estimateSizes } from '../../../src/engine/pipeline/estimate'
import { inspect, viewModel } from '../../../src/engine/pipeline/inspect'
import { TestNetwork } from '../support/network'
import { blockNames, randomNetwork } from '../support/random-network'

function small() {
  const net = new TestNetwork('small')
  const a = net.one('Relu', [net.batchNorm(net.conv('x', 3, 8), 8)])
  const pooled = net.one('Flatten', [net.one('GlobalAveragePool', [a])])
  return net.graph([net.dense(pooled, 8, 4)])
}

describe('inspect', () => {
  it('says what was understood', () => {
    const report = inspect(small())
    expect(inspectionSchema.parse(report)).toEqual(report)
    // 8 x 27 weights + 8 biases + 2 x 8 BatchNorm + 4 x 8 + 4; MACs 64 positions x 216 + 32.
    expect(report).toMatchObject({ nodes: 6, macs: 64 * 216 + 32, params: 276, runnable: expect.any(Boolean) })
    expect(report.operators).toMatchObject({ Conv: 1, Gemm: 1 })
    expect(report.groups.find((group) => group.prunable)).toMatchObject({ units: 8, reason: null })
    expect(report.groups.find((group) => !group.prunable)).toMatchObject({
      reason: 'it is the result of the network',
      reasonSaid: { code: 'group.result', values: {} },
    })
  })

  it('survives an operator nobody knows, and says what cannot be run', () => {
    const net = new TestNetwork('unknown')
    const odd = net.one('Mystery', [net.conv('x', 3, 8)])
    const report = inspect(net.graph([odd]))
    expect(report.runnable).toBe(false)
    expect(report.notes.join(' ')).toMatch(/Mystery/)
  })

  it('draws every node with its costs and groups', () => {
    for (const name of blockNames) {
      const graph = randomNetwork(5, ['plain', name, 'plain'])
      const view = modelViewSchema.parse(viewModel(graph))
      expect(view.graph.map((node) => node.name)).toEqual(graph.nodes.map((node) => node.name))
      expect(view.graph.reduce((sum, node) => sum + node.macs, 0)).toBe(view.inspection.macs)
      const named = new Set(view.inspection.groups.map((group) => group.name))
      for (const node of view.graph) for (const group of node.groups) expect(named).toContain(group)
      expect(view.graph.some((node) => node.groups.length > 0)).toBe(true)
    }
  })
})

describe('estimateSizes', () => {
  it('meets every budget it can and stops at the least widths otherwise', () => {
    const graph = inferShapes(small())
    const { original } = createCostModel(graph, analyseCoupling(graph))
    const [whole, half, tiny] = estimateSizes(graph, { keepMacs: [1, 0.5, 0.001], roundTo: 1, protect: [] })
    expect(whole?.macs).toBe(original.macs)
    expect(half?.macs).toBe(original.macs / 2)
    expect(tiny?.macs).toBe(original.macs / 8)
    expect(tiny?.keepMacs).toBe(0.001)
  })

  it('refuses an unknown protected name', () => {
    expect(() => estimateSizes(small(), { keepMacs: [0.5], roundTo: 1, protect: ['nowhere'] })).toThrow(/nowhere/)
  })
})
