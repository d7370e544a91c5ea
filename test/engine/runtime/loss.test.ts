/** Losses of a result a position: the same as of that many samples, with nothing asked where a label is below 0. */
import { beforeAll, describe, expect, it } from 'vitest'
import { initBackend, tensors } from '../../../src/engine/runtime'
import { lossOf } from '../../../src/engine/runtime/loss'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

const [samples, steps, classes] = [2, 3, 4]
const values = Float32Array.from({ length: samples * steps * classes }, (_, i) => Math.cos(3 * i))
const labels = Int32Array.of(0, 3, 1, 2, 2, 0)

const close = (a: Float32Array, b: Float32Array) => {
  a.forEach((value, i) => {
    expect(value).toBeCloseTo(b[i] as number, 6)
  })
}

describe('a result a position', () => {
  const flat = () => tensors.tensor(values, [samples * steps, classes])
  const last = () => tensors.tensor(values, [samples, steps, classes])

  it('counts as a sample of its own, wherever the classes lie', () => {
    const wanted = lossOf({ kind: 'cross-entropy' }, flat(), labels)
    const found = lossOf({ kind: 'cross-entropy' }, last(), labels, 'plain', true)
    const second = lossOf({ kind: 'cross-entropy' }, tensors.transpose(last(), [0, 2, 1]), labels)
    for (const { value, gradient } of [found, second]) {
      expect(value.dataSync()[0]).toBeCloseTo(wanted.value.dataSync()[0] as number, 6)
      expect(gradient.size).toBe(values.length)
    }
    close(found.gradient.dataSync() as Float32Array, wanted.gradient.dataSync() as Float32Array)
    close(
      tensors.transpose(second.gradient, [0, 2, 1]).dataSync() as Float32Array,
      wanted.gradient.dataSync() as Float32Array,
    )
  })

  it('asks nothing of padding', () => {
    const some = Int32Array.of(0, 3, -1, 2, -1, -1)
    const kept = [0, 1, 3]
    const rows = Float32Array.from(kept.flatMap((row) => [...values.subarray(row * classes, (row + 1) * classes)]))
    const wanted = lossOf({ kind: 'cross-entropy' }, tensors.tensor(rows, [3, classes]), Int32Array.of(0, 3, 2))
    const found = lossOf({ kind: 'cross-entropy' }, last(), some, 'plain', true)
    expect(found.value.dataSync()[0]).toBeCloseTo(wanted.value.dataSync()[0] as number, 6)
    const gradient = found.gradient.dataSync()
    expect(Array.from(gradient.subarray(2 * classes, 3 * classes))).toEqual([0, 0, 0, 0])
  })

  it('follows a teacher position by position', () => {
    const teacher = { dims: [samples, steps, classes], data: values.map((value) => -value) }
    const loss = { kind: 'distillation', temperature: 2 } as const
    const wanted = lossOf(loss, flat(), { dims: [samples * steps, classes], data: teacher.data })
    const found = lossOf(loss, last(), teacher, 'plain', true)
    close(found.gradient.dataSync() as Float32Array, wanted.gradient.dataSync() as Float32Array)
  })
})

/** Values and gradients from torch 2.14: binary_cross_entropy_with_logits in float64, and the Bernoulli KL by autograd. */
describe('logistic results', () => {
  const logits = Float32Array.from({ length: 6 }, (_, i) => 3 * Math.cos(3 * i))
  const read = (tensor: tensors.Tensor) => tensor.dataSync() as Float32Array

  it('mark the class of the label among several', () => {
    const { value, gradient } = lossOf(
      { kind: 'binary-cross-entropy' },
      tensors.tensor(logits, [2, 3]),
      Int32Array.of(2, 0),
    )
    expect(value.dataSync()[0]).toBeCloseTo(1.44252257, 6)
    close(read(gradient), Float32Array.of(0.15876235, 0.00813346, -0.00885424, -0.15649474, 0.1543875, 0.01547863))
  })

  it('are the label itself where there is one, far from overflow, and ask nothing of a label below 0', () => {
    const one = (values: number[], labels: number[]) =>
      lossOf({ kind: 'binary-cross-entropy' }, tensors.tensor(values, [values.length, 1]), Int32Array.from(labels))
    const wanted = one([1.5, -2, 40], [1, 1, 0])
    expect(wanted.value.dataSync()[0]).toBeCloseTo(14.1094471, 5)
    close(read(wanted.gradient), Float32Array.of(-0.06080851, -0.29359903, 0.33333333))
    const some = one([1.5, 9, -2, 40], [1, -1, 1, 0])
    expect(some.value.dataSync()[0]).toBeCloseTo(14.1094471, 5)
    close(read(some.gradient), Float32Array.of(-0.06080851, 0, -0.29359903, 0.33333333))
  })

  it('have a label each where several are asked, or none where it is below 0', () => {
    const z = [-0.8, -1.3, -0.2, -1, 1.1, 0.1, -0.6, -1, 0.7, 1.6, 0.3, -1]
    const labels = Int32Array.of(1, 0, 1, 0, 1, 0, 1, 0, 0, 1, 0, 0)
    const loss = { kind: 'binary-cross-entropy' } as const
    const { value, gradient } = lossOf(loss, tensors.tensor(z, [3, 4]), labels)
    expect(value.dataSync()[0]).toBeCloseTo(0.6133912518, 6)
    const wanted = [-0.05749787, 0.01784708, -0.04581949, 0.02241178, -0.02081165, 0.04374826, -0.05380469, 0.02241178]
    close(read(gradient), Float32Array.of(...wanted, 0.05568231, -0.01399846, 0.0478702, 0.02241178))
    const some = lossOf(loss, tensors.tensor([...z, 5, 5, 5, 5], [4, 4]), Int32Array.of(...labels, -1, -1, -1, -1))
    expect(some.value.dataSync()[0]).toBeCloseTo(0.6133912518, 6)
  })

  it('follow a teacher class by class', () => {
    const teacher = { dims: [2, 3], data: Float32Array.from({ length: 6 }, (_, i) => 2 * Math.sin(2 * i)) }
    const loss = { kind: 'binary-distillation', temperature: 2 } as const
    const { value, gradient } = lossOf(loss, tensors.tensor(logits, [2, 3]), teacher)
    expect(value.dataSync()[0]).toBeCloseTo(1.11062232, 5)
    close(read(gradient), Float32Array.of(0.10585816, -0.17606043, 0.16305111, -0.07581427, 0.0170195, -0.04161545))
  })
})

it('compares numbers a position where they belong, though the network holds its channels last', () => {
  const dims = [1, 2, 2, 1]
  const wanted = { dims, data: Float32Array.of(1, 2, 3, 4) }
  // [N, H, W, C] of the same picture.
  const held = tensors.tensor([1, 3, 2, 5], [1, 2, 1, 2])
  const { value, gradient } = lossOf({ kind: 'mse' }, held, wanted, 'nhwc')
  expect(value.dataSync()[0]).toBeCloseTo(0.25, 6)
  close(gradient.dataSync() as Float32Array, Float32Array.of(0, 0, 0, 0.5))
})
