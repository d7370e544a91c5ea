import { describe, expect, it } from 'vitest'
import { EspalierError } from '../../../src/contract/errors'
import { stream } from '../../../src/engine/data/rng'
import type { Batch } from '../../../src/engine/data/types'
import { augmented } from '../../../src/engine/recovery/augment'

/** `count` images of 2 channels, 8 x 16, every pixel a number of its own. */
function images(count: number): Batch {
  const dims = [count, 2, 8, 16]
  const data = Float32Array.from({ length: count * 2 * 8 * 16 }, (_, i) => i)
  return { count, inputs: new Map([['', { dims, data }]]), labels: null }
}

const pixels = (batch: Batch) => batch.inputs.get('')?.data as Float32Array
const plane = 8 * 16

describe('augmentation', () => {
  it('mirrors about half of the images, whole and in all channels, and leaves the given ones alone', () => {
    const batch = images(64)
    const before = pixels(batch).slice()
    const after = pixels(augmented(batch, ['flip'], stream(0, 'a')))
    expect(pixels(batch)).toEqual(before)
    let mirrored = 0
    for (let row = 0; row < 64 * 2 * 8; row++) {
      const own = before.subarray(row * 16, row * 16 + 16)
      const turned = after[row * 16] !== own[0]
      expect(after.subarray(row * 16, row * 16 + 16)).toEqual(turned ? own.slice().reverse() : own)
      if (row % 16 === 0) mirrored += turned ? 1 : 0
    }
    expect(mirrored).toBeGreaterThan(16)
    expect(mirrored).toBeLessThan(48)
  })

  it('moves an image by at most an eighth, with its border repeated', () => {
    const batch = images(32)
    const before = pixels(batch)
    const after = pixels(augmented(batch, ['shift'], stream(0, 'b')))
    const moves = new Set<string>()
    for (let n = 0; n < 32; n++) {
      // The pixel seen in the middle tells the move; all others must agree with it.
      const middle = n * 2 * plane + 4 * 16 + 8
      const seen = (after[middle] as number) - n * 2 * plane
      const [down, right] = [Math.floor(seen / 16) - 4, (seen % 16) - 8] as const
      moves.add(`${down} ${right}`)
      expect(Math.abs(down)).toBeLessThanOrEqual(1)
      expect(Math.abs(right)).toBeLessThanOrEqual(2)
      for (let y = 0; y < 8; y++) {
        for (let x = 0; x < 16; x++) {
          const [fy, fx] = [Math.min(7, Math.max(0, y + down)), Math.min(15, Math.max(0, x + right))]
          expect(after[n * 2 * plane + y * 16 + x]).toBe(before[n * 2 * plane + fy * 16 + fx])
        }
      }
    }
    expect(moves.size).toBeGreaterThan(5)
  })

  it('is the same for the same seed, does nothing unasked, and refuses what holds no images', () => {
    const one = pixels(augmented(images(8), ['flip', 'shift'], stream(1, 'c')))
    expect(pixels(augmented(images(8), ['flip', 'shift'], stream(1, 'c')))).toEqual(one)
    const batch = images(2)
    expect(augmented(batch, [], stream(0, 'd'))).toBe(batch)
    const vectors: Batch = {
      count: 1,
      inputs: new Map([['', { dims: [1, 3], data: new Float32Array(3) }]]),
      labels: null,
    }
    expect(() => augmented(vectors, ['flip'], stream(0, 'e'))).toThrow(EspalierError)
  })
})
