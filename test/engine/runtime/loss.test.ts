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
