import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { inverse } from '../../../../src/engine/statistics/linear-algebra'
import { Consumer, type ConsumerParts } from '../../../../src/engine/strategies/result-oriented/consumer'
import { type CostModel, Decision } from '../../../../src/engine/strategies/result-oriented/decide'

const at = (a: ArrayLike<number>, i: number): number => a[i] as number

function numbers(length: number, seed: number): Float64Array {
  let state = (seed * 2654435761 + 12345) >>> 0
  return Float64Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 31 - 1
  })
}

/** Moments of random correlated rows [z;1]; `twin`: row 1 repeats row 0, with a little noise. */
function randomMoments(rows: number, seed: number, twin = false): Float64Array {
  const count = 6 * rows
  const mixing = numbers((rows - 1) ** 2, seed + 7)
  const raw = numbers(count * (rows - 1), seed)
  const a = new Float64Array(rows * rows)
  for (let n = 0; n < count; n++) {
    const z = Float64Array.from({ length: rows }, (_, j) => {
      if (j === rows - 1) return 1
      let sum = 0.3
      for (let k = 0; k < rows - 1; k++) sum += at(mixing, j * (rows - 1) + k) * at(raw, n * (rows - 1) + k)
      return sum + at(raw, n * (rows - 1) + j)
    })
    if (twin) z[1] = at(z, 0) + 0.01 * at(raw, n * (rows - 1))
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < rows; j++) a[i * rows + j] = at(a, i * rows + j) + (at(z, i) * at(z, j)) / count
  }
  return a
}

function randomSensitivity(outputs: number, seed: number): Float64Array {
  const x = numbers(outputs * (outputs + 2), seed)
  const g = new Float64Array(outputs * outputs)
  for (let i = 0; i < outputs; i++) {
    for (let j = 0; j < outputs; j++) {
      for (let k = 0; k < outputs + 2; k++)
        g[i * outputs + j] = at(g, i * outputs + j) + at(x, i * (outputs + 2) + k) * at(x, j * (outputs + 2) + k)
    }
  }
  return g
}

interface Case extends ConsumerParts {
  readonly width: number
}

/** `units` units of `width` rows each; unit ids from 1. */
function randomCase(units: number, width: number, outputs: number, seed: number, taps = 1, twin = false): Case {
  const rows = units * width + 1
  const moments = randomMoments(rows, seed, twin)
  const weights = numbers(taps * outputs * rows, seed + 1)
  for (let o = outputs; o < taps * outputs; o++) weights[o * rows + rows - 1] = 0
  return {
    width,
    outputUnits: Int32Array.from({ length: outputs }, (_, o) => 100 + o),
    rows,
    taps,
    weights,
    moments,
    precision: inverse(moments.slice(), rows),
    sensitivity: randomSensitivity(outputs, seed + 2),
    slots: new Map(
      Array.from({ length: units }, (_, u) => [u + 1, Int32Array.from({ length: width }, (_, w) => u * width + w)]),
    ),
  }
}

/** Rows of A that stay when the given units are gone. */
const staying = ({ rows, width }: Case, gone: readonly number[]) =>
  Array.from({ length: rows }, (_, i) => i).filter((i) => i === rows - 1 || !gone.includes(Math.floor(i / width) + 1))

function reduced(a: Float64Array, rows: number, kept: readonly number[]): Float64Array {
  return Float64Array.from({ length: kept.length ** 2 }, (_, i) =>
    at(a, (kept[Math.floor(i / kept.length)] as number) * rows + (kept[i % kept.length] as number)),
  )
}

/** Least squares of the whole operator on what is left: W A_all,kept A_kept^-1, laid out over all rows. */
function leastSquares(parts: Case, gone: readonly number[]): Float64Array {
  const { rows, moments, weights } = parts
  const kept = staying(parts, gone)
  const p = inverse(reduced(moments, rows, kept), kept.length)
  const count = weights.length / rows
  const result = new Float64Array(weights.length)
  for (let o = 0; o < count; o++) {
    const b = kept.map((k) => {
      let sum = 0
      for (let j = 0; j < rows; j++) sum += at(weights, o * rows + j) * at(moments, j * rows + k)
      return sum
    })
    kept.forEach((k, i) => {
      let sum = 0
      b.forEach((value, j) => {
        sum += value * at(p, j * kept.length + i)
      })
      result[o * rows + k] = sum
    })
  }
  return result
}

/** 1/2 sum over taps of tr(G D A D^T) for D = W - W'. */
function change(parts: Case, refitted: Float64Array): number {
  const { rows, moments, weights, sensitivity, taps } = parts
  const outputs = parts.outputUnits.length
  let total = 0
  for (let t = 0; t < taps; t++) {
    const d = (o: number, j: number) =>
      at(weights, (t * outputs + o) * rows + j) - at(refitted, (t * outputs + o) * rows + j)
    for (let o = 0; o < outputs; o++) {
      for (let q = 0; q < outputs; q++) {
        for (let i = 0; i < rows; i++) {
          for (let j = 0; j < rows; j++) {
            total += at(sensitivity, o * outputs + q) * d(o, i) * at(moments, i * rows + j) * d(q, j)
          }
        }
      }
    }
  }
  return total / 2
}

const close = (a: number, b: number, tolerance = 1e-4) =>
  expect(Math.abs(a - b)).toBeLessThan(tolerance * Math.max(1e-3, Math.abs(b)))

/** Within a part in 10,000 of the largest. */
function expectNear(found: ArrayLike<number>, expected: ArrayLike<number>) {
  let worst = 0
  let largest = 0
  for (let i = 0; i < expected.length; i++) {
    worst = Math.max(worst, Math.abs(at(found, i) - at(expected, i)))
    largest = Math.max(largest, Math.abs(at(expected, i)))
  }
  expect(worst).toBeLessThan(1e-4 * largest)
}

const shapes = fc.record({
  units: fc.integer({ min: 2, max: 5 }),
  width: fc.integer({ min: 1, max: 4 }),
  outputs: fc.integer({ min: 1, max: 4 }),
  seed: fc.integer({ min: 0, max: 10_000 }),
})

describe('Consumer', () => {
  it('prices a unit at what its loss costs after the consumer was fitted anew by least squares', () => {
    fc.assert(
      fc.property(shapes, ({ units, width, outputs, seed }) => {
        const parts = randomCase(units, width, outputs, seed)
        const consumer = new Consumer(parts)
        for (let unit = 1; unit <= units; unit++)
          close(consumer.price(unit), change(parts, leastSquares(parts, [unit])))
      }),
      { numRuns: 40 },
    )
  })

  it('prices several taps over shared moments as their sum', () => {
    const parts = randomCase(4, 1, 3, 5, 9)
    const consumer = new Consumer(parts)
    for (let unit = 1; unit <= 4; unit++) close(consumer.price(unit), change(parts, leastSquares(parts, [unit])))
  })

  /** Removes inputs and outputs (ids from 101), up to so many at once, and compares with least squares on what is left. */
  function expectAsLeastSquares(parts: Case, order: readonly number[], together: number) {
    const count = parts.outputUnits.length
    const consumer = new Consumer(parts)
    for (let at = 0; at < order.length; at += together) {
      const some = order.slice(at, at + together)
      consumer.removeInputs(some.filter((each) => each < 100))
      consumer.removeOutputs(some.filter((each) => each > 100).map((each) => each - 101))
    }
    const gone = order.filter((each) => each < 100)
    const outputs = Array.from({ length: count }, (_, o) => o).filter((o) => !order.includes(101 + o))
    const fitted = leastSquares(parts, gone)
    const weights = fitted.map((weight, i) => (outputs.includes(Math.floor(i / parts.rows) % count) ? weight : 0))
    expectNear(consumer.weights, weights)
    const kept = staying(parts, gone)
    const moments = reduced(parts.moments, parts.rows, kept)
    const left = new Consumer({
      ...parts,
      outputUnits: Int32Array.from(outputs),
      rows: kept.length,
      weights: Float64Array.from(
        Array.from({ length: parts.taps }, (_, tap) =>
          outputs.flatMap((o) => kept.map((row) => at(weights, (tap * count + o) * parts.rows + row))),
        ).flat(),
      ),
      moments,
      precision: inverse(moments.slice(), kept.length),
      sensitivity: reduced(parts.sensitivity, count, outputs),
      slots: new Map(
        [...parts.slots]
          .filter(([unit]) => !gone.includes(unit))
          .map(([unit, slots]) => [unit, slots.map((slot) => kept.indexOf(slot))]),
      ),
    })
    for (const unit of left.slots.keys()) close(consumer.price(unit), left.price(unit))
  }

  const upTo = (count: number, from: number) => Array.from({ length: count }, (_, i) => from + i)

  it('is, after removals, what least squares makes of what is left', () => {
    const orders = fc.shuffledSubarray([...upTo(7, 1), ...upTo(4, 102)], { minLength: 1, maxLength: 9 })
    fc.assert(
      fc.property(
        orders,
        fc.integer({ min: 1, max: 3 }),
        fc.boolean(),
        fc.nat(1000),
        fc.integer({ min: 1, max: 4 }),
        (order, width, wide, seed, together) => {
          expectAsLeastSquares(randomCase(8, width, 5, seed, wide ? 3 : 1), order, together)
        },
      ),
      { numRuns: 60 },
    )
  })

  // So many rows that several removals come before P is written anew.
  it('is so with many removals between two settlings', () => {
    const orders = fc.shuffledSubarray([...upTo(39, 1), ...upTo(11, 102)], { minLength: 6, maxLength: 40 })
    fc.assert(
      fc.property(
        orders,
        fc.integer({ min: 1, max: 2 }),
        fc.boolean(),
        fc.nat(1000),
        fc.integer({ min: 1, max: 4 }),
        (order, width, wide, seed, together) => {
          expectAsLeastSquares(randomCase(40, width, 12, seed, wide ? 3 : 1), order, together)
        },
      ),
      { numRuns: 12 },
    )
  })

  it('prices a second removal given the first', () => {
    const parts = randomCase(4, 2, 3, 11)
    const consumer = new Consumer(parts)
    const first = consumer.price(1)
    consumer.removeInputs([1])
    close(first + consumer.price(3), change(parts, leastSquares(parts, [1, 3])))
  })

  it('tells what units cost that go at once', () => {
    for (const taps of [1, 4]) {
      const parts = randomCase(5, 1, 3, 11, taps)
      const { price } = new Consumer(parts).removeInputs([1, 3, 4])
      close(price, change(parts, leastSquares(parts, [1, 3, 4])))
    }
    expect(new Consumer(randomCase(3, 1, 2, 8)).removeInputs([99])).toEqual({ price: 0, heirs: [] })
  })

  it('finds a duplicate cheap, and dear once its twin is gone; the twin inherits its work', () => {
    const parts = randomCase(5, 1, 3, 3, 1, true)
    const consumer = new Consumer(parts)
    const others = [3, 4, 5].map((unit) => consumer.price(unit))
    const before = consumer.price(2)
    expect(before).toBeLessThan(0.01 * Math.min(...others))
    const { heirs } = consumer.removeInputs([1])
    expect(heirs[0]?.unit).toBe(2)
    expect(heirs[0]?.share).toBeGreaterThan(0.9)
    expect(consumer.price(2)).toBeGreaterThan(100 * before)
  })

  it('forgets an output: prices are those of an operator without it', () => {
    const parts = randomCase(4, 2, 3, 21)
    const consumer = new Consumer(parts)
    consumer.removeOutputs([1])
    const rest = [0, 2]
    const smaller: Case = {
      ...parts,
      outputUnits: Int32Array.from(rest, (o) => 100 + o),
      weights: Float64Array.from(
        rest.flatMap((o) => [...parts.weights.subarray(o * parts.rows, (o + 1) * parts.rows)]),
      ),
      sensitivity: Float64Array.from(rest.flatMap((o) => rest.map((q) => at(parts.sensitivity, o * 3 + q)))),
    }
    const expected = new Consumer(smaller)
    for (let unit = 1; unit <= 4; unit++) close(consumer.price(unit), expected.price(unit), 1e-9)
    consumer.removeInputs([2])
    expected.removeInputs([2])
    close(consumer.price(3), expected.price(3), 1e-9)
  })

  it('costs nothing where nothing depends on it', () => {
    const parts = randomCase(3, 1, 2, 8)
    const consumer = new Consumer(parts)
    consumer.removeOutputs([0])
    consumer.removeOutputs([1])
    expect(consumer.price(1)).toBe(0)
    expect(consumer.price(99)).toBe(0)
  })
})

describe('Decision over several consumers', () => {
  const free: CostModel = {
    macs: 10,
    params: 0,
    bytes: 0,
    savingOf: (units) => ({ macs: units.length, params: 0, bytes: 0 }),
    remove: () => {},
    clone: () => free,
  }

  it('sums a unit’s prices over all that read it', () => {
    const parts = [randomCase(4, 1, 3, 31), randomCase(4, 2, 2, 32)]
    const consumers = parts.map((part) => new Consumer(part))
    const group = { name: 'stream', units: Int32Array.of(1, 2, 3, 4), prunable: true }
    const decision = new Decision([group], consumers, free, { measure: 'macs', target: 0, roundTo: 1 })
    for (let unit = 1; unit <= 4; unit++) {
      close(
        decision.price(unit),
        parts.reduce((sum, part) => sum + change(part, leastSquares(part, [unit])), 0),
      )
    }
  })

  it('makes what fed only a removed unit free at once', () => {
    // Units 1-4 are read by an operator that makes units 100-102, which a second one reads.
    const upstream = randomCase(4, 1, 3, 41)
    const downstream = { ...randomCase(3, 1, 2, 42), outputUnits: new Int32Array(2) }
    const slots = new Map([...downstream.slots].map(([unit, list]) => [unit + 99, list] as const))
    // Output 1 (unit 101) alone reads unit 1 of the upstream operator.
    for (const o of [0, 2]) upstream.weights[o * upstream.rows] = 0
    const sensitivity = Float64Array.of(1, 0, 0, 0, 1, 0, 0, 0, 1)
    // Nothing reads unit 101, so it goes first.
    for (const o of [0, 1]) downstream.weights[o * downstream.rows + 1] = 0
    const consumers = [new Consumer({ ...upstream, sensitivity }), new Consumer({ ...downstream, slots })]
    const groups = [
      { name: 'a', units: Int32Array.of(1, 2, 3, 4), prunable: true },
      { name: 'b', units: Int32Array.of(100, 101, 102), prunable: true },
    ]
    const decision = new Decision(groups, consumers, free, { measure: 'macs', target: 0, roundTo: 1 })
    expect(decision.price(1)).toBeGreaterThan(0)
    expect(decision.step().map((removal) => removal.unit)).toEqual([101])
    expect(decision.price(1)).toBe(0)
    expect(decision.step().map((removal) => removal.unit)).toEqual([1])
  })
})
