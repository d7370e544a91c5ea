/** Names beside one another show what tells them apart. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { shortNames } from '../../../src/renderer/features/compare/short-names'

it('lose what all of them end with', () => {
  expect(shortNames(['L2 · 30 % MACs · seed 0', 'Random · 50 % MACs · seed 0', 'My own'])).toEqual([
    'L2 · 30 % MACs',
    'Random · 50 % MACs',
    'My own',
  ])
  expect(shortNames(['L2 · 30 % MACs · seed 0', 'Random · 30 % MACs · seed 0'])).toEqual(['L2', 'Random'])
})

it('keep what tells them apart', () => {
  const seeds = ['L2 · 30 % MACs · seed 0', 'L2 · 30 % MACs · seed 1']
  expect(shortNames(seeds)).toEqual(seeds)
  expect(shortNames(['L2 · 30 %'])).toEqual(['L2 · 30 %'])
})

it('never make two names one', () => {
  const part = fc.constantFrom('a', 'b', 'c')
  const name = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(' · '))
  fc.assert(
    fc.property(fc.array(name, { maxLength: 6 }), (names) => {
      expect(new Set(shortNames(names)).size).toBe(new Set(names).size)
    }),
  )
})
