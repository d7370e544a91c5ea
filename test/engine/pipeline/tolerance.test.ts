import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { bisect, mostTrials } from '../../../src/engine/pipeline/tolerance'

describe('the search for the smallest network that keeps its promise', () => {
  it('ends within a hundred-and-twenty-eighth of the smallest that passes, on the safe side', async () => {
    await fc.assert(
      fc.asyncProperty(
        // MACs of the networks there are, and from where on they pass.
        fc.uniqueArray(fc.integer({ min: 1, max: 999 }), { minLength: 1, maxLength: 400 }),
        fc.integer({ min: 1, max: 1000 }),
        async (sizes, limit) => {
          const tried: { macs: number; passed: boolean }[] = []
          await bisect(1000, async (target, trial) => {
            const macs = Math.max(0, ...sizes.filter((size) => size <= target))
            if (macs === 0) return null
            expect(trial).toBe(tried.length)
            tried.push({ macs, passed: macs >= limit })
            return { macs, passed: macs >= limit }
          })
          expect(tried.length).toBeLessThanOrEqual(mostTrials)
          const passing = sizes.filter((size) => size >= limit)
          const found = tried.filter(({ passed }) => passed).map(({ macs }) => macs)
          const smallest = Math.min(...passing)
          if (smallest < 1000 * (1 - 2 ** -mostTrials)) {
            expect(Math.min(...found) - smallest).toBeLessThanOrEqual(1000 / 2 ** mostTrials)
          }
        },
      ),
    )
  })

  it('passes over what cannot be so small without counting it', async () => {
    const asked: [number, number][] = []
    await bisect(1000, async (target, trial) => {
      asked.push([target, trial])
      return target < 700 ? null : { macs: target, passed: false }
    })
    expect(asked.slice(0, 3)).toEqual([
      [500, 0],
      [750, 0],
      [875, 1],
    ])
  })
})
