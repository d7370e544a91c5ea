import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  deviation,
  paretoFront,
  samePoints,
  tradeoffPoints,
  viewFloor,
} from '../../../src/renderer/features/tradeoff/points'
import { latencyOf, makeWorld } from '../fake/world'

const { runs } = makeWorld()

describe('the Pareto front', () => {
  it('holds exactly the points that no other dominates', () => {
    const point = fc.record({ x: fc.integer({ min: 0, max: 20 }), y: fc.integer({ min: 0, max: 20 }) })
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (points) => {
        const front = paretoFront(points)
        const dominated = (a: { x: number; y: number }) =>
          points.some((b) => b.x <= a.x && b.y >= a.y && (b.x < a.x || b.y > a.y))
        expect(front.some(dominated)).toBe(false)
        const key = (a: { x: number; y: number }) => `${a.x} ${a.y}`
        const best = new Set(points.filter((a) => !dominated(a)).map(key))
        expect(new Set(front.map(key))).toEqual(best)
      }),
    )
  })
})

describe('points', () => {
  it('are one a finished run, or one an arm with its spread over seeds', () => {
    expect(tradeoffPoints(runs, 'macs', 'accuracy', false)).toHaveLength(27)
    const arms = tradeoffPoints(runs, 'macs', 'accuracy', true)
    expect(arms).toHaveLength(11)
    expect(arms.filter((arm) => arm.runIds.length === 3).every((arm) => arm.spread > 0)).toBe(true)
  })

  it('stand at the milliseconds of those that were timed, and nowhere else', () => {
    const [first, second] = runs.filter((run) => run.status === 'done')
    const timed = runs.map((run) => (run.id === first?.id ? { ...run, latency: latencyOf(0.4) } : run))
    expect(tradeoffPoints(timed, 'latency', 'accuracy', false)).toEqual([
      expect.objectContaining({ runId: first?.id, x: 0.4 }),
    ])
    expect(second?.latency).toBeUndefined()
  })

  it('are the same while only runs without a result go on, so that the chart stays as it is', () => {
    const before = tradeoffPoints(runs, 'macs', 'accuracy', true)
    const on = runs.map((run) => (run.status === 'running' ? { ...run, heardAt: 'now' } : run))
    expect(samePoints(before, tradeoffPoints(on, 'macs', 'accuracy', true))).toBe(true)
    expect(samePoints(before, tradeoffPoints(on, 'params', 'accuracy', true))).toBe(false)
    expect(samePoints(before, tradeoffPoints(on.slice(0, -6), 'macs', 'accuracy', true))).toBe(false)
  })

  it('have the sample deviation', () => {
    expect(deviation([2, 4, 4, 4, 5, 5, 7, 9])).toBeCloseTo(2.138, 3)
    expect(deviation([3])).toBe(0)
  })

  it('far below the others are drawn at the edge, where there are others', () => {
    const all = tradeoffPoints(runs, 'macs', 'accuracy', false)
    const floor = viewFloor(all, 90.7)
    expect(floor).not.toBeNull()
    expect(all.filter((point) => point.y < (floor ?? 0))).toHaveLength(2)
    expect(
      viewFloor(
        all.filter((point) => point.y > 80),
        90.7,
      ),
    ).toBeNull()
  })
})
