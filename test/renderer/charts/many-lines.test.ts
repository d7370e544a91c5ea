/** What keeps fifty runs on one screen quick: lines named near the pointer, charts in turn, columns in sight. */
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nearestLines } from '../../../src/renderer/charts/nearest'
import { drawInTurn, forgetDrawing } from '../../../src/renderer/charts/turns'
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

describe('charts', () => {
  let frames: (() => void)[] = []
  beforeEach(() => {
    frames = []
    vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
  })
  afterEach(() => {
    while (frames.length > 0) frames.shift()?.()
    vi.unstubAllGlobals()
  })

  it('are drawn one a frame, each once with what was asked for last', () => {
    const [drawn, a, b, c] = [[] as string[], {}, {}, {}]
    drawInTurn(a, () => drawn.push('a'))
    drawInTurn(b, () => drawn.push('b'))
    drawInTurn(c, () => drawn.push('c'))
    drawInTurn(b, () => drawn.push('b again'))
    expect(drawn).toEqual(['a'])
    frames.shift()?.()
    expect(drawn).toEqual(['a', 'c'])
    frames.shift()?.()
    expect(drawn).toEqual(['a', 'c', 'b again'])
  })

  it('that are gone are not drawn', () => {
    const [drawn, a, b] = [[] as string[], {}, {}]
    drawInTurn(a, () => drawn.push('a'))
    drawInTurn(b, () => drawn.push('b'))
    forgetDrawing(b)
    frames.shift()?.()
    expect(drawn).toEqual(['a'])
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
