/** Who is named the winner under the chart. */
import { describe, expect, it } from 'vitest'
import type { Run } from '../../../src/contract'
import { winnerOf } from '../../../src/renderer/features/runs/best'

const run = (id: string, macs: number, metric: number, more: object = {}): Run =>
  ({
    id,
    resultModelId: `m-${id}`,
    result: {
      model: { before: { macs: 100, params: 1, bytes: 1 }, after: { macs, params: 1, bytes: 1 } },
      result: {
        metric: 'accuracy',
        before: 90,
        afterPruning: metric,
        afterRecovery: metric,
        agreement: 1,
        kl: 0,
        ...more,
      },
      timing: { totalMs: 1 },
    },
  }) as unknown as Run
const named = (...runs: Run[]) => {
  const winner = winnerOf(runs)
  return winner && [winner.run.id, winner.within]
}

describe('the winner', () => {
  it('is the smallest within a point', () => {
    expect(named(run('large', 60, 89.9), run('small', 40, 89.1), run('tiny', 20, 88))).toEqual(['small', true])
  })
  it('of two as small is the one that lost less', () => {
    expect(named(run('worse', 40, 89.2), run('better', 40.2, 89.8))).toEqual(['better', true])
  })
  it('is the nearest where none is within a point', () => {
    expect(named(run('far', 20, 80), run('near', 50, 88.6))).toEqual(['near', false])
  })
  it('loses by growing where less is better', () => {
    const perplexity = { metric: 'perplexity' }
    expect(named(run('grew', 20, 120, perplexity), run('held', 60, 90.5, perplexity))).toEqual(['held', true])
  })
  it('is nobody where nothing was measured', () => {
    expect(named(run('blind', 50, 0, { before: null, afterPruning: null, afterRecovery: null }))).toBeUndefined()
  })
})
