/** Networks that leave extents open: the same numbers as with fixed ones, at every length and for every batch. */
import { Tensor } from 'onnxruntime-node'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeOnnx } from '../../../src/engine/formats/onnx'
import type { Graph } from '../../../src/engine/graph/graph'
import { int, ints, text } from '../../../src/engine/graph/graph'
import { float32, int64 } from '../../../src/engine/graph/tensor'
import { createSession, createTrainer, disposeValues, initBackend, memoryUse } from '../../../src/engine/runtime'
import { liveExtents } from '../../../src/engine/runtime/extents'
import { tensor } from '../../../src/engine/runtime/tensors'
import { openSession } from '../formats/support/onnx-runtime'
import { TestNetwork } from '../support/network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

/** x [batch, length, 3] -> LSTM -> the mean over time -> two classes. */
function recurrent(length: number | string): Graph {
  const net = new TestNetwork('open', ['batch', length, 3])
  const x = net.one('Transpose', ['x'], { perm: ints([1, 0, 2]) })
  const weights = [net.weight([1, 16, 3]), net.weight([1, 16, 4]), net.weight([1, 32])]
  const y = net.one('LSTM', [x, ...weights], { hidden_size: int(4), direction: text('forward') })
  const turned = net.one('Squeeze', [y, net.sizes([1])])
  const mean = net.one('ReduceMean', [turned], { axes: ints([0]), keepdims: int(0) })
  return net.graph([net.dense(mean, 4, 2)])
}

/** A mask that is stretched over the batch, as exporters write it. */
function stretched(): Graph {
  const net = new TestNetwork('stretched', ['batch', 4])
  const shape = net.one('Shape', ['x'])
  const mask = net.one('Expand', [net.weight([1, 4]), shape])
  return net.graph([net.dense(net.one('Mul', ['x', mask]), 4, 2)])
}

/** Places counted at run time and a filled tensor of the size of what is fed. */
function counted(): Graph {
  const net = new TestNetwork('counted', ['batch', 'length'])
  const scalar = (value: number) => {
    const name = net.sizes([value])
    net.constants.set(name, int64([], [value]))
    return name
  }
  const shape = net.one('Shape', ['x'])
  const length = net.one('Gather', [shape, scalar(1)], { axis: int(0) })
  const places = net.one('Cast', [net.one('Range', [scalar(0), length, scalar(1)])], { to: int(1) })
  const filled = net.one('ConstantOfShape', [shape], {
    value: { kind: 'tensor', value: float32([1], Float32Array.of(0.5)) },
  })
  const sum = net.one('Add', [net.one('Add', ['x', places]), filled])
  return net.graph([net.dense(net.one('ReduceMean', [sum], { axes: ints([1]), keepdims: int(1) }), 1, 2)])
}

const feed = (dims: readonly number[]) => {
  const size = dims.reduce((a, b) => a * b, 1)
  return new Map([['', { dims, data: Float32Array.from({ length: size }, (_, i) => Math.sin(i)) }]])
}

const answer = async (graph: Graph, dims: readonly number[]) => {
  const session = createSession(graph, { fuse: true })
  const outputs = await session.run(feed(dims))
  session.dispose()
  return [...outputs.values()][0]?.data as Float32Array
}

describe('open extents', () => {
  it('gives what the network of that length gives', async () => {
    for (const length of [3, 5]) {
      expect(await answer(recurrent('length'), [2, length, 3])).toEqual(await answer(recurrent(length), [2, length, 3]))
    }
  })

  it('takes one length after the other, keeps replaced numbers and leaves nothing behind', async () => {
    const before = memoryUse().tensors
    const graph = recurrent('length')
    const session = createSession(graph, { fuse: false })
    const gemm = graph.nodes.find((node) => node.op === 'Gemm')
    const bias = gemm?.inputs[2] as string
    session.setConstant(bias, { dtype: 'float32', dims: [2], data: Float32Array.of(10, 20) })
    const first = [...(await session.run(feed([2, 3, 3]))).values()][0]?.data as Float32Array
    const second = [...(await session.run(feed([2, 5, 3]))).values()][0]?.data as Float32Array
    for (const found of [first, second]) {
      expect(Math.round((found[1] as number) - (found[0] as number))).toBeGreaterThan(5)
    }
    const node = graph.nodes.find(({ op }) => op === 'LSTM')
    disposeValues(session.forward(feed([2, 4, 3]), [node?.outputs[0] as string]))
    session.dispose()
    expect(memoryUse().tensors).toBe(before)
  })

  it('knows the number of samples where an operator needs it, batch by batch', async () => {
    const graph = stretched()
    const session = createSession(graph, { fuse: true })
    const whole = [...(await session.run(feed([3, 4]))).values()][0]?.data as Float32Array
    const part = [...(await session.run(feed([1, 4]))).values()][0]?.data as Float32Array
    session.dispose()
    expect(Array.from(part)).toEqual(Array.from(whole.subarray(0, 2)))
  })

  it('counts places and fills tensors as ONNX Runtime does', async () => {
    const graph = counted()
    const reference = await openSession(writeOnnx(graph))
    const name = reference.outputNames[0] as string
    const session = createSession(graph, { fuse: true })
    for (const dims of [
      [2, 5],
      [1, 3],
    ]) {
      const { data } = feed(dims).get('') as { data: Float32Array }
      const found = [...(await session.run(feed(dims))).values()][0]?.data as Float32Array
      const wanted = (await reference.run({ x: new Tensor('float32', data, dims) }))[name] as Tensor
      expect(found).toHaveLength(wanted.size)
      for (const [i, value] of found.entries()) expect(value).toBeCloseTo(wanted.data[i] as number, 5)
    }
    session.dispose()
  })

  it('trains on batches of different sizes', () => {
    const trainer = createTrainer(stretched(), {
      learningRate: 0.1,
      batchNorm: 'train',
      loss: { kind: 'cross-entropy' },
    })
    const losses = Array.from({ length: 12 }, (_, i) => {
      const samples = i % 2 === 0 ? 3 : 2
      const target = Int32Array.from({ length: samples }, () => 1)
      return trainer.step(feed([samples, 4]), target, { readLoss: true }) as number
    })
    trainer.dispose()
    expect(losses.at(-2)).toBeLessThan(losses[0] as number)
  })

  it('are told from a value that shows them only folded with others', () => {
    const net = new TestNetwork('frames', ['batch', 5, 4])
    const frames = net.one('Reshape', ['x', net.sizes([-1, 4])])
    const graph = net.graph([net.one('Reshape', [net.dense(frames, 4, 2), net.sizes([-1, 5, 2])])])
    const held = tensor(new Float32Array(60), [15, 4])
    expect([...liveExtents(graph, new Map([[frames, { tensor: held, layout: 'plain' }]]), true)]).toEqual([
      ['batch', 3],
    ])
    held.dispose()
  })
})
