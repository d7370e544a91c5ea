import { expect, it } from 'vitest'
import type { Splits } from '../../../src/engine/data/types'
import { workOfRefit } from '../../../src/engine/pipeline/work'

const splits = {
  calibration: { indices: new Int32Array(2048) },
  finetune: { indices: new Int32Array(8000) },
} as Splits
const half = { goal: { kind: 'keep-macs', value: 0.5 } } as const
const onResult = (macs: number, turns = 0, config = half) =>
  workOfRefit('sequential', config, { splits, macs, turns }) - workOfRefit('layerwise', config, { splits, macs, turns })

it('counts on fewer steps of the refit on the result where each of them takes long', () => {
  // 768 steps of 128 samples, each a forward pass of the original and three of half of it.
  expect(onResult(1e6)).toBe(768 * 128 * 2.5)
  expect(onResult(2e9)).toBe(96 * 128 * 2.5)
  expect(onResult(1e6, 10_000)).toBeLessThan(onResult(1e6))
})

it('counts on the passes that so few samples allow, and on a smaller network where the goal says so', () => {
  expect(onResult(1e6, 0, { ...half, refitSamples: 0 } as typeof half)).toBe(320 * 128 * 2.5)
  expect(onResult(1e6, 0, { goal: { kind: 'keep-macs', value: 0.1 } } as unknown as typeof half)).toBeCloseTo(
    768 * 128 * 1.3,
  )
})
