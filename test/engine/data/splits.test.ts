/** Splits never overlap, are the same for the same seed, and say when there is too little to split. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { batchCount, batches, makeSplits, stream } from '../../../src/engine/data'
import type { Batch, DataSource, SampleTable } from '../../../src/engine/data/types'

const table = (count: number): SampleTable => ({
  count,
  labels: null,
  read: (indices): Batch => ({
    count: indices.length,
    labels: null,
    inputs: new Map([['', { dims: [indices.length], data: Float32Array.from(indices) }]]),
  }),
})

const source = (train: number, validation: number | null = null, test: number | null = null): DataSource => ({
  kind: 'npz',
  sampleShape: [],
  classes: [],
  mean: [],
  std: [],
  hash: '',
  train: table(train),
  validation: validation === null ? null : table(validation),
  test: test === null ? null : table(test),
})

const counts = fc.integer({ min: 80, max: 3000 })
const wanted = fc.record({
  calibration: fc.integer({ min: 1, max: 4000 }),
  verification: fc.integer({ min: 16, max: 4000 }),
  seed: fc.nat(),
})

describe('splits', () => {
  it('cover the train rows exactly once, whatever is asked for', () => {
    fc.assert(
      fc.property(counts, wanted, (count, options) => {
        const { calibration, verification, finetune, verificationFromTrain } = makeSplits(source(count), options)
        const rows = [calibration, verification, finetune].flatMap(({ indices }) => [...indices])
        expect(rows.sort((a, b) => a - b)).toEqual(Array.from({ length: count }, (_, i) => i))
        expect(verificationFromTrain).toBe(true)
        expect(verification.indices.length).toBe(Math.min(options.verification, Math.floor(count / 5)))
        expect(calibration.indices.length).toBe(Math.min(options.calibration, count - verification.indices.length))
      }),
      { numRuns: 100 },
    )
  })

  it('leave half for fine-tuning where a run trains and there are few', () => {
    const few = makeSplits(source(100), { calibration: 2048, seed: 0, finetune: { epochs: 3 } })
    expect([few.verification, few.calibration, few.finetune].map(({ indices }) => indices.length)).toEqual([20, 40, 40])
    const none = makeSplits(source(100), { calibration: 2048, seed: 0, finetune: { epochs: 0 } })
    expect(none.calibration.indices.length).toBe(80)
    const many = makeSplits(source(100), { calibration: 30, seed: 0, finetune: { epochs: 3 } })
    expect(many.calibration.indices.length).toBe(30)
  })

  it('leave the train rows alone where the data has a validation split, and never touch test', () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 16, max: 500 }), wanted, (count, validation, options) => {
        const data = source(count, validation, 40)
        const splits = makeSplits(data, options)
        expect(splits.verification.table).toBe(data.validation)
        expect(splits.verification.indices.length).toBe(validation)
        expect(splits.calibration.table).toBe(data.train)
        expect(splits.test?.table).toBe(data.test)
        expect(splits.calibration.indices.length + splits.finetune.indices.length).toBe(count)
        expect(splits.verificationFromTrain).toBe(false)
      }),
      { numRuns: 50 },
    )
  })

  it('depend on the seed and on nothing else', () => {
    const rows = (seed: number) => [...makeSplits(source(500), { calibration: 100, seed }).calibration.indices]
    expect(rows(3)).toEqual(rows(3))
    expect(rows(3)).not.toEqual(rows(4))
  })

  it('are refused where there are too few samples', () => {
    expect(() => makeSplits(source(79), { calibration: 10, seed: 0 })).toThrow(/79 training samples.*at least 80/)
    expect(() => makeSplits(source(15, 100), { calibration: 10, seed: 0 })).toThrow(/too|at least 16/)
    expect(() => makeSplits(source(100, 3), { calibration: 10, seed: 0 })).toThrow(/3 validation samples/)
  })
})

describe('batches', () => {
  it('serve every row of a selection once, in order', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(999), { maxLength: 200 }), fc.integer({ min: 1, max: 64 }), (rows, size) => {
        const selection = { table: table(1000), indices: Int32Array.from(rows) }
        const served = [...batches(selection, size)]
        expect(served.length).toBe(batchCount(selection, size))
        expect(served.flatMap(({ inputs }) => [...(inputs.get('')?.data ?? [])])).toEqual(rows)
        for (const { count } of served.slice(0, -1)) expect(count).toBe(size)
      }),
    )
  })
})

describe('random streams', () => {
  it('repeat for a seed and a name, and differ for others', () => {
    const take = (seed: number | string, name: string) => {
      const random = stream(seed, name)
      return Array.from({ length: 8 }, () => random())
    }
    expect(take(1, 'a')).toEqual(take(1, 'a'))
    expect(take(1, 'a')).not.toEqual(take(1, 'b'))
    expect(take(1, 'a')).not.toEqual(take(2, 'a'))
  })

  it('are uniform, normal and independent as far as moments tell', () => {
    const random = stream(0, 'moments')
    const other = stream(0, 'moments 2')
    const n = 40000
    const mean = (values: number[]) => values.reduce((a, b) => a + b, 0) / values.length
    const uniform = Array.from({ length: n }, () => random())
    const second = Array.from({ length: n }, () => other())
    const normal = Array.from({ length: n }, () => random.normal())
    expect(mean(uniform)).toBeCloseTo(0.5, 2)
    expect(mean(uniform.map((x) => (x - 0.5) ** 2))).toBeCloseTo(1 / 12, 2)
    expect(mean(uniform.map((x, i) => (x - 0.5) * ((second[i] as number) - 0.5)))).toBeCloseTo(0, 2)
    expect(mean(uniform.slice(1).map((x, i) => (x - 0.5) * ((uniform[i] as number) - 0.5)))).toBeCloseTo(0, 2)
    expect(Math.abs(mean(normal))).toBeLessThan(0.02)
    expect(mean(normal.map((x) => x ** 2))).toBeCloseTo(1, 1)
    expect(mean(normal.map((x) => x ** 4))).toBeGreaterThan(2.8)
  })

  it('shuffle without losing anything, every order as likely', () => {
    const random = stream(5, 'shuffle')
    const seen = new Map<string, number>()
    for (let i = 0; i < 6000; i++) {
      const order = random.shuffle([0, 1, 2]).join('')
      seen.set(order, (seen.get(order) ?? 0) + 1)
    }
    expect(seen.size).toBe(6)
    for (const count of seen.values()) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})
