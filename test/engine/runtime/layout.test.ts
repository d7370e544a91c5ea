import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { float32 } from '../../../src/engine/graph/tensor'
import { permuted } from '../../../src/engine/runtime/layout'

/** Element by element, from the definition. */
function turned(data: Float32Array, dims: readonly number[], permutation: readonly number[]): Float32Array {
  const strides = dims.map((_, axis) => dims.slice(axis + 1).reduce((a, b) => a * b, 1))
  const outDims = permutation.map((axis) => dims[axis] as number)
  return Float32Array.from(data, (_, at) => {
    let rest = at
    let from = 0
    for (let axis = outDims.length - 1; axis >= 0; axis--) {
      const index = rest % (outDims[axis] as number)
      rest = Math.floor(rest / (outDims[axis] as number))
      from += index * (strides[permutation[axis] as number] as number)
    }
    return data[from] as number
  })
}

describe('permuted', () => {
  const numbered = (dims: readonly number[]) =>
    float32(
      dims,
      Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, (_, i) => i),
    )

  it('moves every element to its place', () => {
    const cases = fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 5 }).chain((dims) =>
      fc.record({
        dims: fc.constant(dims),
        permutation: fc.shuffledSubarray(
          dims.map((_, axis) => axis),
          { minLength: dims.length },
        ),
      }),
    )
    fc.assert(
      fc.property(cases, ({ dims, permutation }) => {
        const source = numbered(dims)
        const result = permuted(source, permutation)
        expect(result.dims).toEqual(permutation.map((axis) => dims[axis]))
        expect(result.data).toEqual(turned(source.data as Float32Array, dims, permutation))
      }),
    )
  })

  // Beyond what stays in the cache it goes block by block, the last of them narrower.
  it.each([
    { dims: [75, 201, 3, 3], permutation: [2, 3, 1, 0] },
    { dims: [450, 310], permutation: [1, 0] },
    { dims: [2, 300, 250], permutation: [1, 0, 2] },
  ])('does so for $dims', ({ dims, permutation }) => {
    const source = numbered(dims)
    expect(permuted(source, permutation).data).toEqual(turned(source.data as Float32Array, dims, permutation))
  })
})
