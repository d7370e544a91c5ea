import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { pack, unpack } from '../../../../src/engine/pipeline/checkpoint/archive'

describe('the checkpoint archive', () => {
  it('gives back typed arrays, maps, undefined and non-finite numbers as they were', () => {
    const value = {
      a: Float64Array.of(1, Number.NaN, -0),
      b: new Map([['x', BigInt64Array.of(5n, -7n)]]),
      c: [undefined, Number.POSITIVE_INFINITY, -0, null, 'text', true],
      d: Uint8Array.of(1, 2, 3),
    }
    const back = unpack<typeof value>(pack(value))
    expect(back).toEqual(value)
    expect(Object.is(back.c[2], -0)).toBe(true)
  })

  it('is deterministic and loses nothing for any float array', () => {
    fc.assert(
      fc.property(fc.float32Array(), fc.array(fc.integer()), (floats, integers) => {
        const value = { floats, integers: Int32Array.from(integers) }
        const bytes = pack(value)
        expect(pack(unpack(bytes))).toEqual(bytes)
        expect(unpack(bytes)).toEqual(value)
      }),
    )
  })

  it('reads from a view at an odd offset', () => {
    const bytes = pack({ a: Float64Array.of(1.5) })
    const shifted = new Uint8Array(bytes.length + 3)
    shifted.set(bytes, 3)
    expect(unpack(shifted.subarray(3))).toEqual({ a: Float64Array.of(1.5) })
  })

  it('refuses truncated bytes with a code', () => {
    const bytes = pack({ a: Float64Array.of(1, 2, 3) })
    for (const length of [0, 4, 12, bytes.length - 1]) {
      expect(() => unpack(bytes.subarray(0, length))).toThrow(expect.objectContaining({ code: 'STORE_CORRUPT' }))
    }
  })
})
