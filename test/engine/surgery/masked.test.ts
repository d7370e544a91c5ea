/** The proof of surgery in somebody else's runtime: pruned and masked networks compute the same in ONNX Runtime. */
import * as ort from 'onnxruntime-node'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { analyseCoupling, type PruningPlan } from '../../../src/engine/coupling/index'
import { canonicalise } from '../../../src/engine/formats/canonical'
import { writeOnnx } from '../../../src/engine/formats/onnx'
import { type Graph, int, ints, text } from '../../../src/engine/graph/graph'
import { applyPlan, maskPlan } from '../../../src/engine/surgery/index'
import { TestNetwork } from '../support/network'
import { blockNames, randomNetwork, randomPlan } from '../support/random-network'

async function outputs(graph: Graph, dims: readonly number[], data: Float32Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(writeOnnx(graph), { logSeverityLevel: 3 })
  const result = await session.run({ x: new ort.Tensor('float32', data, dims) })
  await session.release()
  const [name] = graph.outputs.map((output) => output.name)
  return (result[name as string] as ort.Tensor).data as Float32Array
}

/** Largest difference relative to the largest output. */
async function difference(graph: Graph, plan: PruningPlan, dims: readonly number[]): Promise<number> {
  const random = seedrandom.alea('samples')
  const data = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 2 * random() - 1)
  const coupling = analyseCoupling(graph)
  const masked = await outputs(maskPlan(graph, coupling, plan), dims, data)
  const pruned = await outputs(applyPlan(graph, coupling, plan), dims, data)
  expect(pruned.length).toBe(masked.length)
  expect(masked.some((value) => value !== 0)).toBe(true)
  const scale = masked.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  return pruned.reduce((max, value, i) => Math.max(max, Math.abs(value - (masked[i] as number))), 0) / scale
}

const image = [2, 3, 8, 8]

describe('pruned = masked in ONNX Runtime', () => {
  it.each(blockNames)('for a network with a %s block', async (name) => {
    for (let seed = 0; seed < 4; seed++) {
      const graph = randomNetwork(seed, ['plain', name, 'plain', name])
      const plan = randomPlan(analyseCoupling(graph), seedrandom.alea(`${name} ${seed}`))
      expect(await difference(graph, plan, image)).toBeLessThan(1e-4)
    }
  })

  it('for networks of random blocks', async () => {
    for (let seed = 100; seed < 160; seed++) {
      const graph = randomNetwork(seed)
      const plan = randomPlan(analyseCoupling(graph), seedrandom.alea(`plan ${seed}`))
      expect(await difference(graph, plan, image), `network ${seed}`).toBeLessThan(1e-4)
    }
  })

  it('for a channel shuffle as an index map, where any channel can go', async () => {
    for (let seed = 0; seed < 6; seed++) {
      const spelled = randomNetwork(seed, ['plain', 'shuffle', 'split'])
      const graph = canonicalise(spelled)
      expect(graph.nodes.map((node) => node.op)).toContain('Gather')
      const coupling = analyseCoupling(graph)
      expect(coupling.units).toBeGreaterThan(analyseCoupling(spelled).units)
      const plan = randomPlan(coupling, seedrandom.alea(`shuffle ${seed}`))
      expect(await difference(graph, plan, image)).toBeLessThan(1e-4)
    }
  })

  it('for every other channel, forwards and backwards', async () => {
    for (const [start, end, step] of [
      [0, 12, 2],
      [1, 12, 3],
      [-1, -100, -2],
    ] as const) {
      const net = new TestNetwork(`steps ${step}`)
      const made = net.one('Relu', [net.conv('x', 3, 12)])
      const some = net.one('Slice', [made, net.sizes([start]), net.sizes([end]), net.sizes([1]), net.sizes([step])])
      const taken = Math.ceil(12 / Math.abs(step))
      const both = net.one('Concat', [net.conv(some, taken, 5), net.conv(made, 12, 4)], {
        axis: int(1),
      })
      const graph = net.graph([net.one('GlobalAveragePool', [net.conv(both, 9, 3)])])
      const coupling = analyseCoupling(graph)
      expect(coupling.groups.filter((group) => group.prunable).length).toBe(3)
      for (let seed = 0; seed < 3; seed++) {
        const plan = randomPlan(coupling, seedrandom.alea(`steps ${seed}`))
        expect(await difference(graph, plan, image)).toBeLessThan(1e-4)
      }
    }
  })

  it('keeps what is stepped over while other axes are cut too, and says so', () => {
    const net = new TestNetwork('steps and cuts')
    const made = net.conv('x', 3, 12)
    const some = net.one('Slice', [made, net.sizes([0, 1]), net.sizes([12, 7]), net.sizes([1, 2]), net.sizes([2, 1])])
    const graph = net.graph([net.one('GlobalAveragePool', [net.conv(some, 6, 3)])])
    const [first] = analyseCoupling(graph).groups
    expect(first?.prunable).toBe(false)
    expect(first?.reason?.code).toBe('held.stepped')
  })

  it('for heads of attention', async () => {
    const [tokens, width, heads] = [6, 12, 3]
    const net = new TestNetwork('attention', ['batch', tokens, width])
    const project = (axes: readonly number[]) => {
      const y = net.one('Add', [net.one('MatMul', ['x', net.weight([width, width])]), net.weight([width], 0.3)])
      return net.one('Transpose', [net.one('Reshape', [y, net.sizes([0, 0, heads, width / heads])])], {
        perm: ints(axes),
      })
    }
    const scores = net.one('MatMul', [project([0, 2, 1, 3]), project([0, 2, 3, 1])])
    const mixed = net.one('MatMul', [net.one('Softmax', [scores], { axis: int(-1) }), project([0, 2, 1, 3])])
    const back = net.one('Reshape', [
      net.one('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) }),
      net.sizes([0, 0, width]),
    ])
    const graph = net.graph([net.one('MatMul', [back, net.weight([width, 5])])])
    const coupling = analyseCoupling(graph)
    const removed = new Uint8Array(coupling.units + 1)
    removed[coupling.groups[0]?.units[1] as number] = 1
    expect(await difference(graph, { removed }, [2, tokens, width])).toBeLessThan(1e-4)
  })

  it.each(['LSTM', 'GRU', 'RNN'])('for hidden units of a %s, in both directions', async (op) => {
    const gates = { LSTM: 4, GRU: 3, RNN: 1 }[op] as number
    const [inputs, hidden, time] = [5, 6, 7]
    const net = new TestNetwork(op, [time, 'batch', inputs])
    const layer = (x: string, features: number) => {
      const operands = [
        x,
        net.weight([2, gates * hidden, features], 0.5),
        net.weight([2, gates * hidden, hidden], 0.5),
        net.weight([2, 2 * gates * hidden], 0.5),
      ]
      const y = net.one(op, operands, { hidden_size: int(hidden), direction: text('bidirectional') })
      const turned = net.one('Transpose', [y], { perm: ints([0, 2, 1, 3]) })
      return net.one('Reshape', [turned, net.sizes([0, 0, 2 * hidden])])
    }
    const y = net.one('ReduceMean', [layer(layer('x', inputs), 2 * hidden)], { axes: ints([0]), keepdims: int(0) })
    const graph = net.graph([net.dense(y, 2 * hidden, 4)])
    const coupling = analyseCoupling(graph)
    expect(coupling.groups.map((group) => [group.units.length, group.prunable])).toEqual([
      [hidden, true],
      [hidden, true],
      [4, false],
    ])
    const plan = randomPlan(coupling, seedrandom.alea(op))
    expect(plan.removed.some((flag) => flag === 1)).toBe(true)
    // A hidden unit that only its own column reads lives on in the masked recurrence, unread: the results are equal.
    expect(await difference(graph, plan, [time, 3, inputs])).toBeLessThan(1e-4)
  })
})
