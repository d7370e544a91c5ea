import { describe, expect, it } from 'vitest'
import { expectedDropBound, PairMeter, type Task } from '../../../src/engine/evaluation'
import { checkGoal, keepsPromise, requireSupport } from '../../../src/engine/pipeline/goal'

const classes: Task = { kind: 'softmax', probabilities: false, metric: 'accuracy' }

function score(samples: number, lost: number) {
  const meter = new PairMeter(classes, 2)
  const right = Float32Array.of(9, 0)
  const wrong = Float32Array.of(0, 9)
  for (let n = 0; n < samples; n++) {
    meter.add({ dims: [1, 2], data: right }, { dims: [1, 2], data: n < lost ? wrong : right }, Int32Array.of(0))
  }
  return meter.score()
}

describe('goals', () => {
  it('are refused by name where they cannot be worked towards', () => {
    const code = (kind: Parameters<typeof checkGoal>[0]['kind'], value: number, task = classes) => {
      try {
        checkGoal({ kind, value }, task)
        return null
      } catch (error) {
        return (error as { code: string }).code
      }
    }
    expect(code('max-latency-ms', 3)).toBeNull()
    expect(code('keep-macs', 50)).toBe('BAD_USAGE')
    expect(code('max-drop', 1, { ...classes, metric: 'none' })).toBe('BAD_USAGE')
    expect(code('keep-macs', 0.3)).toBeNull()
    expect(code('max-kl', 0.3, { ...classes, metric: 'none' })).toBeNull()
  })

  it('are judged on the bound, not on the point estimate', () => {
    const few = score(100, 1)
    expect(few.drop).toBeCloseTo(1)
    expect(keepsPromise({ kind: 'max-drop', value: 1.5 }, few)).toBe(false)
    expect(keepsPromise({ kind: 'max-drop', value: 1.5 }, score(1000, 10))).toBe(false)
    expect(keepsPromise({ kind: 'max-drop', value: 2 }, score(1000, 10))).toBe(true)
    expect(keepsPromise({ kind: 'max-kl', value: 1e-9 }, score(50, 0))).toBe(true)
  })

  it('are refused where the samples could not support them even without change', () => {
    expect(() => requireSupport({ kind: 'max-drop', value: 0.5 }, classes, 100)).toThrow(/About \d+ samples/)
    const enough = Number(
      /About (\d+)/.exec(
        (() => {
          try {
            requireSupport({ kind: 'max-drop', value: 0.5 }, classes, 100)
            return ''
          } catch (error) {
            return (error as Error).message
          }
        })(),
      )?.[1],
    )
    expect(100 * expectedDropBound(0, 0, 0, enough)).toBeLessThanOrEqual(0.5)
    expect(() => requireSupport({ kind: 'max-drop', value: 0.5 }, classes, enough)).not.toThrow()
    for (const metric of ['f1', 'mean-iou'] as const) {
      expect(() => requireSupport({ kind: 'max-drop', value: 0.5 }, { ...classes, metric }, enough - 50)).toThrow(
        /About/,
      )
      expect(() => requireSupport({ kind: 'max-drop', value: 0.5 }, { ...classes, metric }, enough)).not.toThrow()
    }
    expect(() => requireSupport({ kind: 'max-drop', value: 0.5 }, { ...classes, metric: 'rmse' }, 20)).not.toThrow()
  })
})
