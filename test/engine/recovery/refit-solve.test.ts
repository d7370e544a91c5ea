import { beforeAll, describe, expect, it } from 'vitest'
import { RidgeOnRows, ridgeTowards } from '../../../src/engine/recovery/refit-solve'
import { initBackend, memoryUse } from '../../../src/engine/runtime/index'
import { tensor2d, tidy } from '../../../src/engine/runtime/tensors'
import { CrossSum, MomentSum } from '../../../src/engine/statistics/accumulate'
import { channelMajor } from '../../../src/engine/statistics/rows'
import { backendTargets } from '../../support/native'

function numbers(length: number, seed: number): Float32Array {
  let state = seed
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** W by moments, after which all of it is disposed. */
function solved(moments: MomentSum, cross: CrossSum, towards: Float64Array, order: Int32Array): Float64Array {
  const solver = ridgeTowards(moments, towards, order, 1e-2)
  const weights = solver.solve(cross)
  for (const each of [solver, moments, cross]) each.dispose()
  return weights
}

for (const { backend, there, offers } of backendTargets) {
  describe.skipIf(!there)(`on ${backend}`, () => {
    beforeAll(async () => {
      await initBackend({ backend, ...offers })
    })

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
          const expected = solved(moments, cross, towards, order)
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

    describe('ridgeTowards', () => {
      it.each([1, 40])('finds what elimination finds, from %i batches', (batches) => {
        const [channels, taps, outputs, count] = [60, 9, 5, 30]
        const columns = channels * taps
        const order = channelMajor(channels, taps)
        const towards = Float64Array.from(numbers(outputs * (columns + 1), 3))
        const before = memoryUse().tensors
        const [moments, cross] = [new MomentSum(columns), new CrossSum(columns, outputs)]
        const seen: { z: Float32Array; y: Float32Array }[] = []
        for (let batch = 0; batch < batches; batch++) {
          const [z, y] = [numbers(count * columns, 10 + batch), numbers(count * outputs, 90 + batch)]
          seen.push({ z, y })
          tidy(() => {
            const rows = tensor2d(z, [count, columns])
            moments.add(rows)
            cross.add(rows, tensor2d(y, [count, outputs]))
          })
        }
        const weights = solved(moments, cross, towards, order)
        expect(memoryUse().tensors).toBe(before)
        // The gradient of mean |y - W [z;1]|^2 + r |W - W0|^2 is zero there.
        const size = columns + 1
        const total = batches * count
        let diagonal = 0
        const gradient = new Float64Array(outputs * size)
        for (const { z, y } of seen) {
          for (let n = 0; n < count; n++) {
            const row = Float64Array.from({ length: size }, (_, j) =>
              j < columns ? (z[n * columns + (order[j] as number)] as number) : 1,
            )
            for (let j = 0; j < columns; j++) diagonal += (row[j] as number) ** 2 / total / columns
            for (let o = 0; o < outputs; o++) {
              let error = -(y[n * outputs + o] as number)
              for (let j = 0; j < size; j++) error += (weights[o * size + j] as number) * (row[j] as number)
              for (let j = 0; j < size; j++) {
                gradient[o * size + j] = (gradient[o * size + j] as number) + (error * (row[j] as number)) / total
              }
            }
          }
        }
        const ridge = 1e-2 * diagonal
        for (let i = 0; i < gradient.length; i++) {
          const whole = (gradient[i] as number) + ridge * ((weights[i] as number) - (towards[i] as number))
          expect(Math.abs(whole)).toBeLessThan(1e-5)
        }
      })

      it('leaves weights as they are where every input is zero, and fits the constant', () => {
        const [moments, cross] = [new MomentSum(2), new CrossSum(2, 1)]
        tidy(() => {
          moments.add(tensor2d([0, 0, 0, 0], [2, 2]))
          cross.add(tensor2d([0, 0, 0, 0], [2, 2]), tensor2d([2, 2], [2, 1]))
        })
        const weights = solved(moments, cross, Float64Array.of(3, 4, 5), Int32Array.of(0, 1))
        expect(weights[0]).toBeCloseTo(3, 6)
        expect(weights[1]).toBeCloseTo(4, 6)
        expect(weights[2]).toBeCloseTo(2, 6)
      })
    })
  })
}
