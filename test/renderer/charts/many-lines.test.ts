/** What keeps fifty runs on one screen quick: lines named near the pointer, charts in turn, columns in sight. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nearestLines } from '../../../src/renderer/charts/nearest'
import { atOnceOrInTurn, inTurn, leaveTurn } from '../../../src/renderer/ui/turns'
import { stretchOf } from '../../../src/renderer/ui/use-stretch'

describe('the lines that a tooltip names', () => {
  it('are the nearest to the pointer, the highest first, without those that have no value there', () => {
    expect(nearestLines([5, null, 1, 4, 9], 4.4, 2)).toEqual([0, 3])
    expect(nearestLines([5, null, 1, 4, 9], null, 3)).toEqual([4, 0, 3])
    expect(nearestLines([null], 1, 3)).toEqual([])
  })

  it('are never farther than one that is left out', () => {
    fc.assert(
      fc.property(
        fc.array(fc.option(fc.integer({ min: -50, max: 50 })), { maxLength: 60 }),
        fc.integer({ min: -50, max: 50 }),
        (values, pointer) => {
          const near = new Set(nearestLines(values, pointer, 8))
          const far = (value: number) => Math.abs(value - pointer)
          const distances = (named: boolean) =>
            values.flatMap((value, at) => (value !== null && near.has(at) === named ? [far(value)] : []))
          expect(Math.max(0, ...distances(true))).toBeLessThanOrEqual(Math.min(Infinity, ...distances(false)))
        },
      ),
    )
  })
})

describe('what follows a change', () => {
  let frames: (() => void)[] = []
  /** The frame's callbacks, and after it was painted the timers that they set. */
  const frame = () => {
    frames.shift()?.()
    vi.runAllTimers()
  }
  beforeEach(() => {
    frames = []
    vi.useFakeTimers({ toFake: ['setTimeout'] })
    vi.stubGlobal('requestAnimationFrame', (callback: () => void) => frames.push(callback))
  })
  afterEach(() => {
    while (frames.length > 0) frame()
    vi.unstubAllGlobals()
    vi.useRealTimers()
  })

  it('does so a piece a frame, each once with what was asked for last', () => {
    const [done, a, b, c] = [[] as string[], {}, {}, {}]
    inTurn(a, () => done.push('a'))
    inTurn(b, () => done.push('b'))
    inTurn(c, () => done.push('c'))
    inTurn(b, () => done.push('b again'))
    expect(done).toEqual([])
    frames.shift()?.()
    expect(done, 'the frame that shows the change is painted first').toEqual([])
    vi.runAllTimers()
    expect(done).toEqual(['a'])
    frame()
    expect(done).toEqual(['a', 'c'])
    frame()
    expect(done).toEqual(['a', 'c', 'b again'])
  })

  it('begins at once on an empty place, where nobody waits', () => {
    const [done, a, b] = [[] as string[], {}, {}]
    atOnceOrInTurn(a, () => done.push('a'))
    atOnceOrInTurn(b, () => done.push('b'))
    expect(done).toEqual(['a'])
    frame()
    expect(done).toEqual(['a', 'b'])
  })

  it('does not once it is gone', () => {
    const [done, a, b] = [[] as string[], {}, {}]
    inTurn(a, () => done.push('a'))
    inTurn(b, () => done.push('b'))
    leaveTurn(b)
    frame()
    frame()
    expect(done).toEqual(['a'])
  })
})

describe('places in sight', () => {
  const axis = { count: 50, size: 200, lead: 400 }

  it('are all of few', () => {
    expect(stretchOf({ ...axis, count: 12 }, 900, 500, null)).toEqual({ first: 0, last: 12, before: 0, after: 0 })
  })

  it('cover what is shown, and with the gaps are as long as all', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9_999 }), fc.integer({ min: 0, max: 3000 }), (from, width) => {
        const { first, last, before, after } = stretchOf(axis, from, width, null)
        expect(before + (last - first) * axis.size + after).toBe(axis.count * axis.size)
        expect(before).toBeLessThanOrEqual(from)
        expect(before + (last - first) * axis.size).toBeGreaterThanOrEqual(
          Math.min(axis.count * axis.size, from + width - axis.lead),
        )
      }),
    )
  })

  it('keep the one that has the focus', () => {
    const { first, last } = stretchOf(axis, 8000, 1000, 2)
    expect(first).toBe(2)
    expect(last).toBeGreaterThan(40)
  })
})
