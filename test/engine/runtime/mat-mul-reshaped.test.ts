import { beforeAll, describe, expect, it } from 'vitest'
import { initBackend, tensors } from '../../../src/engine/runtime/index'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

describe('matrix products on WASM', () => {
  it('multiply the same data under two shapes as what it is', () => {
    const { matMul, reshape, sum, tensor2d, tidy } = tensors
    const data = Float32Array.from({ length: 1000 }, (_, i) => Math.sin(i))
    tidy(() => {
      const x = tensor2d(data, [50, 20])
      const once = matMul(x, x, true, false).dataSync()[3 * 20 + 4] as number
      const folded = reshape(x, [10, 100])
      const twice = matMul(folded, folded, true, false).dataSync()[3 * 100 + 4] as number
      const column = sum(x, 0).dataSync()[4] as number
      const of = (rows: number, width: number) => {
        let total = 0
        for (let r = 0; r < rows; r++) total += (data[r * width + 3] as number) * (data[r * width + 4] as number)
        return total
      }
      expect(once).toBeCloseTo(of(50, 20), 4)
      expect(twice).toBeCloseTo(of(10, 100), 4)
      let expected = 0
      for (let r = 0; r < 50; r++) expected += data[r * 20 + 4] as number
      expect(column).toBeCloseTo(expected, 4)
    })
  })
})
