import { describe, expect, it } from 'vitest'
import { fitField } from '../../../src/engine/data/fitting'
import type { RawField } from '../../../src/engine/data/raw'

const field = (dims: readonly number[]): RawField => ({ dims, pixels: false, integer: false, row: () => [] })

describe('samples with channels last', () => {
  it.each([
    ['pictures', [4, 5, 3], [3, 4, 5]],
    ['films and volumes', [2, 4, 5, 3], [3, 2, 4, 5]],
    ['films of one channel', [2, 4, 5, 1], [1, 2, 4, 5]],
  ])('are read channel after channel: %s', (_what, dims, wanted) => {
    const fitting = fitField('', field(dims), wanted)
    expect(fitting.dims).toEqual(wanted)
    const { channels, plane, channelStride, pixelStride } = fitting
    expect([channels, plane]).toEqual([wanted[0], wanted.slice(1).reduce((a, b) => a * b, 1)])
    expect([channelStride, pixelStride]).toEqual([1, channels])
  })

  it('are refused with both shapes where nothing fits', () => {
    expect(() => fitField('', field([2, 4, 5, 3]), [3, 2, 4, 6])).toThrow(
      '[2, 4, 5, 3] (in either order of channels), but the network reads [3, 2, 4, 6]',
    )
  })
})
