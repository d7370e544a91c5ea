import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { initBackend, tensors } from '../../../src/engine/runtime/index'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

describe('gather on WASM', () => {
  it('takes what the indices name, along any axis and for runs of any length', () => {
    const { gather, tensor, tidy } = tensors
    const dims = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 3 })
    fc.assert(
      fc.property(
        dims,
        fc.nat(),
        fc.constantFrom(1, 3, 20),
        fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
        (head, which, last, raw) => {
          const shape = [...head, last]
          const axis = which % shape.length
          const extent = shape[axis] as number
          const places = raw.map((value) => value % extent)
          const size = shape.reduce((a, b) => a * b, 1)
          const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1)
          const expected: number[] = []
          for (let o = 0; o < size / inner / extent; o++) {
            for (const place of places) for (let i = 0; i < inner; i++) expected.push((o * extent + place) * inner + i)
          }
          tidy(() => {
            const x = tensor(
              Float32Array.from({ length: size }, (_, i) => i),
              shape,
            )
            const got = gather(x, tensor(places, [places.length], 'int32'), axis)
            expect(got.shape).toEqual(shape.map((dim, i) => (i === axis ? places.length : dim)))
            expect([...got.dataSync()]).toEqual(expected)
          })
        },
      ),
      { numRuns: 60 },
    )
  })
})
