import { expect, it } from 'vitest'
import { findArchitecture } from '../../../src/engine/reference-networks'
import { samplesAtOnce } from '../../../src/engine/runtime'

const vgg = (side: number) =>
  findArchitecture('vgg-small').build({ sampleShape: [3, side, side], classes: 10, seed: 0 })

it('computes a whole batch of small pictures at once, and fewer the larger they are', () => {
  expect(samplesAtOnce(vgg(32), 128)).toBe(128)
  expect(samplesAtOnce(vgg(32), 4)).toBe(4)
  const large = samplesAtOnce(vgg(112), 128)
  expect(large).toBeLessThan(128)
  expect(samplesAtOnce(vgg(224), 128)).toBeLessThan(large / 3)
  expect(samplesAtOnce(vgg(224), 128, 1)).toBe(8)
})
