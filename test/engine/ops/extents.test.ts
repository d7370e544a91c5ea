/** Arithmetic of extents with names: equal extents have equal texts. */
import { describe, expect, it } from 'vitest'
import { addDims, divideDims, extentOfOne, floorDivide, multiplyDims } from '../../../src/engine/ops/extents'

describe('extents', () => {
  it('multiplies and divides names and numbers', () => {
    expect(multiplyDims(['batch', 7, 7])).toBe('batch*49')
    expect(divideDims('batch*49', 7)).toBe('batch*7')
    expect(divideDims('batch*49', 'batch')).toBe(49)
    expect(divideDims('batch*49', 'length')).toBeUndefined()
    expect(divideDims('(length+1)*4', '(length+1)')).toBe(4)
  })

  it('adds up to one text, whatever the order', () => {
    expect(addDims('length', 1)).toBe('(length+1)')
    expect(addDims(1, 'length')).toBe('(length+1)')
    expect(addDims('past', 'length')).toBe(addDims('length', 'past'))
    expect(addDims(addDims('length', 1), -1)).toBe('length')
    expect(addDims(addDims('past', 'length'), 'past', -1)).toBe('length')
    expect(addDims('length', 'length')).toBe('length*2')
    expect(addDims('length', 'length', -1)).toBe(0)
  })

  it('rounds quotients down, and cancels where it can', () => {
    expect(floorDivide('length*4', 2)).toBe('length*2')
    expect(floorDivide('length', 2)).toBe('(length/2)')
    expect(floorDivide('length', 1)).toBe('length')
    // What a window of 3 with a border of 1 leaves of an axis at stride 1 and 2.
    expect(addDims(addDims('h', 2 - 3), 1)).toBe('h')
    expect(addDims(floorDivide(addDims('h', 2 - 3), 2), 1)).toBe('(((h+-1)/2)+1)')
  })

  it('takes every name for one', () => {
    expect(extentOfOne('batch*49')).toBe(49)
    expect(extentOfOne('(length+1)*4')).toBe(8)
    expect(extentOfOne('(length/2)')).toBe(1)
    expect(extentOfOne('(((h+-1)/2)+1)')).toBe(1)
  })
})
