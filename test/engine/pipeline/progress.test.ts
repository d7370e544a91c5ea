import { expect, it } from 'vitest'
import type { Progress } from '../../../src/contract/run'
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
  meter.report('observe', 0.5, 'a')
  meter.report('apply', 0.5, 'b')
  meter.report('observe', 1, 'late')
  meter.report('evaluate', 2, 'over', { name: 'loss', step: 1, value: 2 })
  expect(seen.map((progress) => Number(progress.fraction.toFixed(6)))).toEqual([0.15, 0.6, 0.6, 1])
  expect(seen[3]?.metric).toEqual({ name: 'loss', step: 1, value: 2 })
})

it('ends a cancelled run with its code', async () => {
  const controller = new AbortController()
  await breathe(controller.signal)
  controller.abort()
  await expect(breathe(controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
})
