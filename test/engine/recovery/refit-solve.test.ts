import { beforeAll, describe, expect, it } from 'vitest'
import { RidgeOnRows, RidgeTowards } from '../../../src/engine/recovery/refit-solve'
import { initBackend, memoryUse } from '../../../src/engine/runtime/index'
import { tensor2d, tidy } from '../../../src/engine/runtime/tensors'
import { CrossSum, MomentSum } from '../../../src/engine/statistics/accumulate'
import { channelMajor } from '../../../src/engine/statistics/rows'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

function numbers(length: number, seed: number): Float32Array {
  let state = seed
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

describe('RidgeOnRows', () => {
  // Fewer rows than columns, as many, and more: the weights are the same, what they cost is not.
  for (const [count, channels, taps, outputs] of [
    [5, 3, 4, 2],
    [40, 9, 9, 7],
    [30, 4, 4, 3],
  ] as const) {
    it(`finds the weights that moments find: ${count} rows, ${channels * taps} columns`, () => {
      const columns = channels * taps
      const order = channelMajor(channels, taps)
      const towards = Float64Array.from(numbers(outputs * (columns + 1), 3))
      const before = memoryUse().tensors
      const [moments, cross] = [new MomentSum(columns), new CrossSum(columns, outputs)]
      let onRows: Float64Array[] = []
      tidy(() => {
        const rows = tensor2d(numbers(count * columns, 1), [count, columns])
        const targets = [5, 6].map((seed) => tensor2d(numbers(count * outputs, seed), [count, outputs]))
        moments.add(rows)
        cross.add(rows, targets[1] as (typeof targets)[number])
        const solver = new RidgeOnRows(rows, towards, order, 1e-2)
        // The factor serves one set of targets after another.
        onRows = targets.map((each) => solver.solve(each))
      })
      const expected = new RidgeTowards(moments.mean(order), towards, columns + 1, 1e-2).solve(cross.mean(order))
      const found = onRows[1] as Float64Array
      expect(found.length).toBe(expected.length)
      for (let i = 0; i < found.length; i++) expect(found[i]).toBeCloseTo(expected[i] as number, 4)
      expect(memoryUse().tensors).toBe(before)
    })
  }

  it.each([0, 1e-4])('takes inputs of size %s, beside which the constant is everything', (size) => {
    const [count, columns] = [30, 40]
    const towards = Float64Array.from(numbers(columns + 1, 3))
    const order = channelMajor(columns, 1)
    let weights = new Float64Array()
    tidy(() => {
      const rows = tensor2d(
        numbers(count * columns, 1).map((value) => value * size),
        [count, columns],
      )
      const targets = tensor2d(new Float32Array(count).fill(2), [count, 1])
      weights = Float64Array.from(new RidgeOnRows(rows, towards, order, 1e-2).solve(targets))
    })
    // What is asked for is a constant, so the bias alone has to give it.
    expect(weights[columns]).toBeCloseTo(2, 2)
  })
})

describe('RidgeTowards', () => {
  it('leaves weights as they are where every input is zero, and fits the constant', () => {
    const moments = new Float64Array(9)
    moments[8] = 1
    const weights = new RidgeTowards(moments, Float64Array.of(3, 4, 5), 3, 1e-2).solve(Float64Array.of(0, 0, 2))
    expect(weights[0]).toBeCloseTo(3, 9)
    expect(weights[1]).toBeCloseTo(4, 9)
    expect(weights[2]).toBeCloseTo(2, 6)
  })
})
