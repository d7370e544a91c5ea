import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { EspalierError } from '../../../../src/contract/errors'
import type { Batch } from '../../../../src/engine/data/types'
import { Graph } from '../../../../src/engine/graph/graph'
import { float32 } from '../../../../src/engine/graph/tensor'
import type { HostTensor } from '../../../../src/engine/runtime/types'
import {
  DeviationMeter,
  measureDeviation,
  parityThreshold,
  parityThresholds,
} from '../../../../src/main/engine/proof/parity'

const output = (values: readonly number[], name = 'output'): Map<string, HostTensor> =>
  new Map([[name, { dims: [values.length], data: Float32Array.from(values) }]])

const deviation = (reference: readonly number[], other: readonly number[]) => {
  const meter = new DeviationMeter()
  meter.add(output(reference), output(other))
  return meter.result()
}

describe('deviation of an exported file', () => {
  it('measures the relative error against the largest output, not against each element', () => {
    expect(deviation([100, 0.001], [100, 0.002])).toEqual({
      maxAbsError: expect.closeTo(0.001, 6),
      maxRelError: expect.closeTo(0.00001, 8),
      passed: true,
    })
  })

  it('fails above the threshold and passes below it', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e-2, noNaN: true }), (error) => {
        const measured = deviation([1, -1], [1, -1 + error])
        expect(measured.passed).toBe(measured.maxRelError <= parityThresholds.fp32)
        expect(measured.maxRelError).toBeCloseTo(error, 6)
      }),
    )
  })

  it.each([
    ['the file', [1, 2], [1, Number.NaN]],
    ['the network in memory', [1, Number.NaN], [1, 2]],
    ['both', [1, Number.NaN], [1, Number.NaN]],
  ])('fails where %s answers with NaN', (_, reference, other) => {
    expect(deviation(reference, other).passed).toBe(false)
  })

  it('fails where one answers with an infinity', () => {
    expect(deviation([1, Number.POSITIVE_INFINITY], [1, 2]).passed).toBe(false)
  })

  it('takes the scale of an output over all batches', () => {
    const meter = new DeviationMeter()
    meter.add(output([0.001]), output([0.002]))
    meter.add(output([100]), output([100]))
    expect(meter.result().passed).toBe(true)
  })

  it('allows the steps of networks that round their feature maps, and no others', () => {
    const rounding = (rounded: string) =>
      new Graph({
        name: 'rounding',
        inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 4] }],
        outputs: [{ name: 'y', dtype: 'uint8', shape: ['N', 4] }],
        constants: new Map([
          ['weight', float32([4], [1, 2, 3, 4])],
          ['scale', float32([], [0.1])],
        ]),
        nodes: [
          {
            name: 'q',
            op: 'QuantizeLinear',
            domain: '',
            inputs: [rounded, 'scale'],
            outputs: ['y'],
            attributes: new Map(),
          },
        ],
      })
    expect(parityThreshold(rounding('x'), 'fp32')).toBe(parityThresholds.int8)
    expect(parityThreshold(rounding('weight'), 'fp32')).toBe(parityThresholds.fp32)
    const meter = new DeviationMeter()
    meter.add(output([1, -1]), output([1, -0.95]))
    expect(meter.result().passed).toBe(false)
    expect(meter.result(parityThresholds.int8).passed).toBe(true)
  })

  it('passes nothing when nothing was compared', () => {
    expect(new DeviationMeter().result().passed).toBe(false)
  })

  it('refuses a file that lacks an output or answers in another shape', () => {
    const meter = new DeviationMeter()
    expect(() => meter.add(output([1]), output([1], 'other'))).toThrow(/nothing for the output "output"/)
    expect(() => meter.add(output([1, 2]), output([1]))).toThrow(/answers \[1\].*answers \[2\]/)
  })

  it('stops between batches when it is cancelled', async () => {
    const controller = new AbortController()
    const batch: Batch = { count: 1, inputs: new Map(), labels: null }
    let passes = 0
    const runner = {
      run: async () => {
        passes++
        controller.abort()
        return output([1])
      },
    }
    await expect(measureDeviation(runner, runner, [batch, batch], controller.signal)).rejects.toMatchObject({
      code: 'CANCELLED' satisfies EspalierError['code'],
    })
    expect(passes).toBe(2)
  })
})
