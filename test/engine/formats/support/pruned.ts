/** Small files pruned to a share of their parameters and compared with their masked form in ONNX Runtime. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { expect } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling'
import { writeModel } from '../../../../src/engine/formats'
import type { Graph } from '../../../../src/engine/graph/graph'
import { prune } from '../../../../src/engine/pipeline/prune'
import { maskPlan } from '../../../../src/engine/surgery'
import { floats, type Plain } from './onnx-proto'
import { probe } from './onnx-runtime'

/** Numbers that differ from weight to weight. */
export const weight = (name: string, ...dims: number[]): Plain => {
  const count = dims.reduce((a, b) => a * b, 1)
  return floats(
    name,
    dims,
    Array.from({ length: count }, (_, i) => Math.sin(i * 1.7 + name.length + dims.length) * 0.4),
  )
}
export async function answer(graph: Graph, data: Float32Array, dims: number[]): Promise<number[]> {
  const [file] = await writeModel(graph, 'onnx', 'flow')
  const session = await InferenceSession.create(file?.bytes as Uint8Array, { logSeverityLevel: 4 })
  const result = await session.run({ x: new Tensor('float32', data, dims) })
  return Array.from(result[graph.outputs[0]?.name as string]?.data as Float32Array)
}

/** Half of what can go, and the masked form of the same plan. */
function pruned(graph: Graph) {
  const outcome = prune(graph, {
    strategy: 'l2',
    allocation: 'uniform',
    goal: { kind: 'keep-params', value: 0.7 },
    roundTo: 1,
    protect: [],
    seed: 0,
  })
  const coupling = analyseCoupling(graph)
  const removed = new Uint8Array(coupling.units + 1)
  for (const group of coupling.groups) {
    const stays = new Set(outcome.kept[group.name])
    for (const [i, unit] of group.units.entries()) if (unit > 0 && !stays.has(i)) removed[unit] = 1
  }
  return { outcome, coupling, masked: maskPlan(graph, coupling, { removed }) }
}

/** Pruned and masked answer the same, for one probe and for its opposite. */
export async function expectPrunedAsMasked(graph: Graph, dims: number[]): Promise<ReturnType<typeof pruned>> {
  const result = pruned(graph)
  for (const factor of [1, -1]) {
    const data = probe(dims.reduce((a, b) => a * b, 1)).map((x) => x * factor)
    const wanted = await answer(result.masked, data, dims)
    const got = await answer(result.outcome.graph, data, dims)
    const scale = Math.max(...wanted.map(Math.abs))
    got.forEach((number, i) => {
      expect(Math.abs(number - (wanted[i] as number)) / scale).toBeLessThan(1e-5)
    })
  }
  return result
}
