/** Networks whose sequences may have any length, as exporters write their shape arithmetic. */
import * as ort from 'onnxruntime-node'
import seedrandom from 'seedrandom'
import { describe, expect, it } from 'vitest'
import { inEnglish } from '../../../../src/contract/sentences'
import { analyseCoupling } from '../../../../src/engine/coupling'
import { readModel } from '../../../../src/engine/formats'
import { writeOnnx } from '../../../../src/engine/formats/onnx'
import { Graph, int, ints } from '../../../../src/engine/graph/graph'
import { applyPlan, maskPlan } from '../../../../src/engine/surgery'
import { TestNetwork } from '../../support/network'
import { randomPlan } from '../../support/random-network'

const width = 12

class Dynamic extends TestNetwork {
  constructor() {
    super('free length', ['batch', 'length', width])
  }

  /** One extent of a value, as a vector of one element. */
  extent(value: string, axis: number): string {
    return this.one('Shape', [value], { start: int(axis), end: int(axis + 1) })
  }

  shape(...parts: readonly string[]): string {
    return this.one('Concat', parts, { axis: int(0) })
  }
}

const build: Readonly<Record<string, (net: Dynamic) => string>> = {
  'rows flattened around dense layers': (net) => {
    const rows = net.one('Reshape', ['x', net.sizes([-1, width])])
    const wide = net.one('Relu', [net.dense(rows, width, 20)])
    const narrow = net.dense(wide, 20, width)
    const back = net.one('Reshape', [narrow, net.shape(net.extent('x', 0), net.extent('x', 1), net.sizes([width]))])
    return net.one('Add', [back, 'x'])
  },
  'heads folded into the batch': (net) => {
    const [heads, size] = [3, 4]
    const [batch, length] = [net.extent('x', 0), net.extent('x', 1)]
    const folded = net.shape(net.one('Mul', [batch, net.sizes([heads])]), length, net.sizes([size]))
    const project = () => {
      const y = net.one('MatMul', ['x', net.weight([width, heads * size])])
      const cut = net.one('Reshape', [y, net.shape(batch, length, net.sizes([heads]), net.sizes([size]))])
      return net.one('Reshape', [net.one('Transpose', [cut], { perm: ints([0, 2, 1, 3]) }), folded])
    }
    const keys = net.one('Transpose', [project()], { perm: ints([0, 2, 1]) })
    const scores = net.one('Softmax', [net.one('MatMul', [project(), keys])], { axis: int(-1) })
    const mixed = net.one('MatMul', [scores, project()])
    const apart = net.one('Reshape', [mixed, net.shape(batch, net.sizes([heads]), length, net.sizes([size]))])
    const joined = net.one('Transpose', [apart], { perm: ints([0, 2, 1, 3]) })
    return net.one('MatMul', [
      net.one('Reshape', [joined, net.shape(batch, length, net.sizes([heads * size]))]),
      net.weight([heads * size, width]),
    ])
  },
  // As tf2onnx writes [:, :], and others.
  'bounds that stand for the end': (net) => {
    const wide = net.one('Relu', [net.one('MatMul', ['x', net.weight([width, 20])])])
    const whole = net.one('Slice', [wide, net.sizes([0, 0]), net.sizes([1e9, 1e9]), net.sizes([0, 1])])
    const again = net.one('Slice', [whole, net.sizes([0, 0]), net.sizes([2 ** 31 - 1, 2 ** 40]), net.sizes([0, 1])])
    return net.one('Add', [net.one('MatMul', [again, net.weight([20, width])]), 'x'])
  },
  'a position table cut to the length': (net) => {
    const table = net.weight([1, 16, width], 0.5)
    const at = net.one('Slice', [table, net.sizes([0]), net.extent('x', 1), net.sizes([1])])
    return net.one('Add', [net.one('MatMul', ['x', net.weight([width, width])]), at])
  },
  'steps shifted by one': (net) => {
    const y = net.one('MatMul', ['x', net.weight([width, width])])
    const first = net.one('Slice', [y, net.sizes([0]), net.sizes([1]), net.sizes([1])])
    const longer = net.one('Concat', [first, y], { axis: int(1) })
    const all = net.one('Slice', [longer, net.sizes([0]), net.extent('x', 1), net.sizes([1])])
    return net.one('Sub', [y, all])
  },
}

function networkOf(make: (net: Dynamic) => string): Graph {
  const net = new Dynamic()
  const output = net.one('MatMul', [net.one('Relu', [make(net)]), net.weight([width, 3])])
  return new Graph({
    name: 'free length',
    inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 'length', width] }],
    outputs: [{ name: output, dtype: 'float32', shape: null }],
    nodes: net.nodes,
    constants: net.constants,
    opsets: new Map([['', 17]]),
  })
}

const length = 5

async function run(bytes: Uint8Array, samples: number): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 })
  const data = Float32Array.from({ length: samples * length * width }, (_, i) => Math.sin(3 * i))
  const result = await session.run({ x: new ort.Tensor('float32', data, [samples, length, width]) })
  await session.release()
  return Object.values(result)[0]?.data as Float32Array
}

const close = (got: Float32Array, wanted: Float32Array) => {
  expect(got.length).toBe(wanted.length)
  const scale = wanted.reduce((max, value) => Math.max(max, Math.abs(value)), 0)
  got.forEach((value, i) => {
    expect(Math.abs(value - (wanted[i] as number)) / scale).toBeLessThan(1e-4)
  })
}

describe('a free length', () => {
  it.each(Object.entries(build))('of %s computes the same, whole and pruned', async (name, make) => {
    const bytes = writeOnnx(networkOf(make))
    const { graph, notes } = await readModel({ name: 'free.onnx', bytes })
    expect(notes).toEqual([])
    expect(graph.outputs[0]?.shape).toEqual(['batch', 'length', 3])
    close(await run(writeOnnx(graph, { batch: 'free' }), 2), await run(bytes, 2))
    const coupling = analyseCoupling(graph)
    expect(coupling.groups.some((group) => group.prunable)).toBe(true)
    const plan = randomPlan(coupling, seedrandom.alea(name))
    expect(plan.removed.some((flag) => flag === 1)).toBe(true)
    close(
      await run(writeOnnx(applyPlan(graph, coupling, plan), { batch: 'free' }), 1),
      // Where units are folded into the batch, a masked network is one for a single sample.
      await run(writeOnnx(maskPlan(graph, coupling, plan), { batch: 'free' }), 1),
    )
  })

  it('that depends on the data is said, and what lies before it is pruned', async () => {
    const net = new Dynamic()
    const y = net.one('Relu', [
      net.one('MatMul', [
        net.one('Relu', [net.one('MatMul', ['x', net.weight([width, 20])])]),
        net.weight([20, width]),
      ]),
    ])
    const count = net.one('Cast', [net.one('ReduceSum', [y], { keepdims: int(0) })], { to: int(7) })
    const at = net.one('Unsqueeze', [count, net.sizes([0])])
    const cut = net.one('Slice', [y, net.sizes([0]), at, net.sizes([2])])
    const graph = new Graph({
      name: 'data',
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 'length', width] }],
      outputs: [{ name: cut, dtype: 'float32', shape: null }],
      nodes: net.nodes,
      constants: net.constants,
      opsets: new Map([['', 17]]),
    })
    const read = await readModel({ name: 'data.onnx', bytes: writeOnnx(graph) })
    expect(read.notes.map(inEnglish).join()).toMatch(/The shape behind Slice ".*" depends on what the network is fed/)
    const groups = analyseCoupling(read.graph).groups.filter((group) => group.prunable)
    expect(groups.map((group) => group.units.length)).toEqual([20])
  })
})
