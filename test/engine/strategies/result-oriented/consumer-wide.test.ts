import { describe, expect, it } from 'vitest'
import { initBackend, memoryUse } from '../../../../src/engine/runtime'
import { Consumer, type ConsumerParts } from '../../../../src/engine/strategies/result-oriented/consumer'

function numbers(length: number, seed: number): Float64Array {
  let state = seed
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32 - 0.5
  })
}

/** Symmetric, with 1 on its diagonal and little beside it. */
function nearIdentity(n: number, seed: number): Float64Array {
  const a = numbers(n * n, seed)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) {
      const value = 0.02 * (a[i * n + j] as number)
      a[i * n + j] = value
      a[j * n + i] = value
    }
    a[i * n + i] = 1
  }
  return a
}

/** More than a million weights: 256 channels through 3x3 taps that share their moments. */
const [units, outputs, taps] = [480, 256, 9]
const rows = units + 1
const parts: ConsumerParts = {
  outputUnits: Int32Array.from({ length: outputs }, (_, o) => 1000 + o),
  rows,
  taps,
  weights: numbers(taps * outputs * rows, 1).map((value, i) =>
    i % rows === rows - 1 && i >= outputs * rows ? 0 : value,
  ),
  moments: nearIdentity(rows, 2),
  precision: nearIdentity(rows, 3),
  sensitivity: nearIdentity(outputs, 4),
  slots: new Map(Array.from({ length: units }, (_, u) => [u + 1, Int32Array.of(u)])),
}

/** What a decision asks of a consumer, with as many removals as settle it twice. */
function removed(consumer: Consumer) {
  const told: { price: number; heirs: readonly { unit: number; share: number }[] }[] = []
  for (let step = 0; step < 5; step++) {
    const gone = Array.from({ length: 40 }, (_, i) => 1 + step * 40 + i)
    told.push(consumer.removeInputs(gone))
    consumer.removeOutputs([step, 100 + step, 200 + step])
  }
  told.push(consumer.removeInputs([300]))
  const prices = Array.from({ length: units }, (_, u) => consumer.price(u + 1))
  return { told, prices, weights: consumer.weights }
}

describe('a consumer with more than a million weights', () => {
  it('does on the backend what it does in double precision, and leaves nothing there', async () => {
    const here = removed(new Consumer(parts))
    await initBackend({ backend: 'wasm' })
    const consumer = new Consumer(parts)
    expect(consumer.fresh().weights).toEqual(parts.weights)
    const before = memoryUse().tensors
    const there = removed(consumer)
    expect(memoryUse().tensors).toBeGreaterThan(before)
    there.told.forEach(({ price, heirs }, i) => {
      const expected = here.told[i] as (typeof here.told)[number]
      expect(price / expected.price).toBeCloseTo(1, 4)
      expect(heirs.map(({ unit }) => unit)).toEqual(expected.heirs.map(({ unit }) => unit))
    })
    there.prices.forEach((price, u) => {
      const expected = here.prices[u] as number
      if (expected === 0) expect(price).toBe(0)
      else expect(price / expected).toBeCloseTo(1, 4)
    })
    let apart = 0
    there.weights.forEach((weight, i) => {
      const expected = here.weights[i] as number
      if (expected === 0) expect(weight).toBe(0)
      apart = Math.max(apart, Math.abs(weight - expected))
    })
    expect(apart).toBeLessThan(1e-4)
    consumer.dispose()
    expect(memoryUse().tensors).toBe(before)
  })
})
