/** Colours and shapes of strategies on charts. */
import { expect, it } from 'vitest'
import { listStrategies } from '../../../src/engine/pipeline'
import { strategyIndex, strategyOrder, symbolAt } from '../../../src/renderer/charts/palette'

it('no two strategies of the engine look the same, and each has a place', () => {
  const names = listStrategies().map(({ name }) => name)
  const looks = names.map((name) => `${strategyIndex(name)} ${symbolAt(strategyOrder(name))}`)
  expect(new Set(looks).size).toBe(names.length)
  expect(Math.max(...names.map(strategyOrder))).toBeLessThan(names.length)
})

it('a name that is not known has a colour and a shape all the same', () => {
  expect(strategyIndex('of-the-future')).toBeLessThan(8)
  expect(symbolAt(strategyOrder('of-the-future'))).toBeTruthy()
})
