import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rankCorrelation, unitStories } from '../../../src/renderer/features/run-detail/unit-story'
import { makeWorld } from '../fake/world'

describe('the story of a unit', () => {
  it('tells of every removal, and of every inheritance from both sides', () => {
    const trace = makeWorld().traces.get('r-22')
    if (!trace) throw new Error('no trace')
    const story = unitStories(trace)
    for (const step of trace.steps) {
      expect(story(step.group, step.unit).removed).toBe(step)
      for (const heir of step.heirs) {
        expect(story(step.group, heir.unit).inherited).toContainEqual({
          unit: step.unit,
          share: heir.share,
          price: step.price,
        })
      }
    }
    expect(story('nobody', 0)).toEqual({ removed: null, inherited: [] })
  })
})

describe('the rank correlation', () => {
  const numbers = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 3, maxLength: 40 })

  it('is 1 for anything that rises with it, and -1 for what falls', () => {
    fc.assert(
      fc.property(numbers, (values) => {
        const spread = new Set(values).size > 1
        const same = rankCorrelation(
          values,
          values.map((value) => value ** 3 + 2),
        )
        const other = rankCorrelation(
          values,
          values.map((value) => -value),
        )
        if (!spread) expect([same, other]).toEqual([null, null])
        else {
          expect(same).toBeCloseTo(1, 9)
          expect(other).toBeCloseTo(-1, 9)
        }
      }),
    )
  })

  it('is what scipy.stats.spearmanr says, ties included', () => {
    expect(rankCorrelation([1, 2, 3, 4, 5], [5, 6, 7, 8, 7])).toBeCloseTo(0.8207826816681233, 12)
    expect(rankCorrelation([1, 2], [1, 2])).toBeNull()
  })
})
