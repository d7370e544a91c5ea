import { expect, it } from 'vitest'
import type { Progress } from '../../../src/contract/run'
import { say } from '../../../src/contract/sentences'
import { breathe, ProgressMeter } from '../../../src/engine/pipeline/progress'

it('shares the whole by work and never goes back', () => {
  const seen: Progress[] = []
  const meter = new ProgressMeter(
    [
      { stage: 'observe', work: 30 },
      { stage: 'apply', work: 60 },
      { stage: 'evaluate', work: 10 },
    ],
    (progress) => seen.push(progress),
  )
  meter.report('observe', 0.5, say('doing.observe'))
  meter.report('apply', 0.5, say('doing.removing'))
  meter.report('observe', 1, say('doing.observe'))
  meter.report('evaluate', 2, say('doing.samples', { done: 3, total: 4 }), { name: 'loss', step: 1, value: 2 })
  expect(seen.map((progress) => Number(progress.fraction.toFixed(6)))).toEqual([0.15, 0.6, 0.6, 1])
  expect(seen[3]).toMatchObject({
    detail: '3 of 4 samples',
    detailSaid: { code: 'doing.samples', values: { done: 3, total: 4 } },
  })
  expect(seen[3]?.metric).toEqual({ name: 'loss', step: 1, value: 2 })
})

it('ends a cancelled run with its code', async () => {
  const controller = new AbortController()
  await breathe(controller.signal)
  controller.abort()
  await expect(breathe(controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
})
