import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bisect, mostTrials } from '../../../src/engine/pipeline/tolerance'
import type { Removal } from '../../../src/engine/strategies/trajectory'

const trajectory = (count: number, block = 1): Removal[] =>
  Array.from({ length: count }, (_, i) => ({
    unit: i + 1,
    group: 'g',
    index: i,
    price: i,
    heirs: [],
    macs: 1000 - (i + 1) * (900 / count),
    params: 0,
    bytes: 0,
    complete: (i + 1) % block === 0,
  }))

describe('the search for the smallest network that keeps its promise', () => {
  it('ends within a hundred-and-twenty-eighth of the true limit, on the safe side', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 0, max: 400 }), async (count, limit) => {
        const list = trajectory(count)
        const tried: number[] = []
        const steps = await bisect(list, 1000, async (at) => {
          tried.push(at)
          return { steps: at, passed: at <= limit }
        })
        const best = Math.min(limit, count)
        const macsAt = (n: number) => (n === 0 ? 1000 : (list[n - 1] as Removal).macs)
        expect(steps).toBeLessThanOrEqual(best)
        expect(macsAt(steps) - macsAt(best)).toBeLessThanOrEqual(900 / 2 ** mostTrials + 900 / count)
        expect(tried.length).toBeLessThanOrEqual(mostTrials)
        expect(new Set(tried).size).toBe(tried.length)
        if (steps > 0) expect(tried).toContain(steps)
      }),
    )
  })

  it('ends at whole blocks only', async () => {
    const steps = await bisect(trajectory(64, 8), 1000, async (at) => {
      expect(at % 8).toBe(0)
      return { steps: at, passed: at <= 30 }
    })
    expect(steps).toBe(24)
  })
})
