import { expect, it } from 'vitest'
import { strategyInfoSchema } from '../../../src/contract/entities'
import { findStrategy, listStrategies } from '../../../src/engine/strategies'

it('lists every strategy once, the default first, in the form the contract wants', () => {
  const list = listStrategies()
  expect(list[0]?.name).toBe('result-oriented')
  expect(new Set(list.map((info) => info.name)).size).toBe(list.length)
  for (const info of list) {
    expect(strategyInfoSchema.strict().parse(info)).toEqual(info)
    expect(findStrategy(info.name).name).toBe(info.name)
  }
})

it('tells what is to come from what is not there', () => {
  expect(() => findStrategy('magic')).toThrow(expect.objectContaining({ code: 'BAD_USAGE' }))
})
