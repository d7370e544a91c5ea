/** Every kernel that ONNX Runtime computes against others' own, and what it must do beside. */
import * as tf from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { Programs } from '../../../src/engine/runtime/onnxruntime/programs'
import { loadOnnxRuntime } from '../../../src/main/engine/onnxruntime/load'
import { everyCall } from '../../support/native'
import { describeKernels, expectSame } from './support/onnxruntime-kernels'
import { numbers } from './support/op-cases'

describeKernels('kernels of ONNX Runtime', everyCall)

describe('the backend of ONNX Runtime', () => {
  it('functions', async () => {
    for (const kernel of ['Tanh', 'Exp', 'Erf']) await expectSame(kernel, { x: { shape: [3, 5, 7], seed: 4 } }, {})
  })

  it('pooling gradients of overlapping, apart and padded windows', async () => {
    const input = { shape: [2, 7, 9, 5], seed: 5 }
    for (const [size, stride, before] of [
      [2, 2, 0],
      [3, 2, 1],
      [2, 3, 0],
      [3, 1, 1],
    ] as const) {
      const out = [7, 9].map((extent) => Math.floor((extent + 2 * before - size) / stride) + 1)
      const dy = { shape: [2, ...out, 5], seed: 6 }
      const around = [before, before]
      const attributes = { filterSize: [size, size], strides: [stride, stride], pad: [[0, 0], around, around, [0, 0]] }
      await expectSame('MaxPoolGrad', { dy, input, output: input }, attributes)
    }
  })

  it('reads tensors where they are after the heap has grown', async () => {
    await tf.setBackend('onnxruntime')
    const x = tf.tensor(numbers(1, 2 * 8 * 8 * 32), [2, 8, 8, 32])
    const filter = tf.tensor(numbers(2, 3 * 3 * 32 * 32), [3, 3, 32, 32])
    const attributes = { strides: [1, 1], dilations: [1, 1], pad: 'same', dataFormat: 'NHWC' }
    const convolved = () => tf.engine().runKernel('Conv2D', { x, filter }, attributes as never) as tf.Tensor
    const before = convolved()
    const expected = before.dataSync()
    const heap = (tf.backend() as unknown as { wasm: { HEAPU8: Uint8Array } }).wasm
    const size = heap.HEAPU8.length
    const filling: tf.Tensor[] = []
    while (heap.HEAPU8.length === size) filling.push(tf.zeros([2 ** 22]))
    // The third call takes a filter that was kept in its order.
    for (let i = 0; i < 3; i++) {
      const after = convolved()
      expect(after.dataSync()).toEqual(expected)
      after.dispose()
    }
    tf.dispose([x, filter, before, ...filling])
  })

  it('answers the same on one thread and on several', async () => {
    // What it says is asked of programs themselves, because a process has one backend of this name.
    const [a, b] = [numbers(3, 96 * 200), numbers(4, 200 * 64)]
    const product = (threads: number) => {
      const y = new Float32Array(96 * 64)
      const programs = new Programs(loadOnnxRuntime({ threads }))
      programs.run(
        'product',
        () => ({
          nodes: [{ op: 'MatMul', inputs: ['a', 'b'], outputs: ['y'] }],
          inputs: { a: 'float', b: 'float' },
          outputs: { y: 'float' },
        }),
        { a: { data: a, dims: [96, 200] }, b: { data: b, dims: [200, 64] } },
        { y: { data: y, dims: [96, 64] } },
      )
      return y
    }
    expect(product(2)).toEqual(product(1))
  })
})

describe('programs', () => {
  const graph = () => ({ nodes: [], inputs: {}, outputs: {} })

  it('are compiled once, and the least recently used of too many is given up', () => {
    const live = new Set<number>()
    let made = 0
    const programs = new Programs({
      threads: 32,
      callCost: 0,
      compile: () => {
        const id = made++
        live.add(id)
        return { run: () => {}, dispose: () => live.delete(id) }
      },
    })
    for (let i = 0; i < 64; i++) programs.run(`form ${i}`, graph, {}, {})
    programs.run('form 0', graph, {}, {})
    expect(made).toBe(64)
    programs.run('form 64', graph, {}, {})
    expect(programs.size).toBe(64)
    expect(live.has(0)).toBe(true)
    expect(live.has(1)).toBe(false)
  })
})
