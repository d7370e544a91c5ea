import { describe, expect, test } from 'vitest'
import { averaged } from '../../../src/main/engine/handlers/maps'

describe('maps that are made smaller', () => {
  test('are means over squares, over fewer pixels at the edge', () => {
    const maps = Float32Array.from([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 60, 70, 80, 90])
    expect([...averaged(maps, 2, 3, 3, 2)]).toEqual([3, 4.5, 7.5, 9, 30, 45, 75, 90])
    expect(averaged(maps, 2, 3, 3, 1)).toBe(maps)
  })
})
