import { describe, expect, it } from 'vitest'
import { completions, parseQuery } from '../../../src/renderer/features/runs/query'
import { makeWorld } from '../fake/world'

const { runs } = makeWorld()
const title = (run: (typeof runs)[number]) => `${run.config.strategy} run`
const found = (query: string) => runs.filter(parseQuery(query, title))

describe('the filter language', () => {
  it('lets everything through when empty', () => {
    expect(found('')).toHaveLength(runs.length)
  })

  it('finds by key, also negated', () => {
    expect(found('strategy:l2').every((run) => run.config.strategy === 'l2')).toBe(true)
    expect(found('strategy:l2').length + found('-strategy:l2').length).toBe(runs.length)
  })

  it('compares shares in percent, and leaves out runs without the figure', () => {
    const small = found('macs<35')
    expect(small.length).toBeGreaterThan(0)
    expect(small.every((run) => run.result && run.result.model.after.macs / run.result.model.before.macs < 0.35)).toBe(
      true,
    )
    expect(found('macs>0').every((run) => run.status === 'done')).toBe(true)
  })

  it('combines terms, takes quoted text, and reads an unknown key as a word', () => {
    expect(found('strategy:l2 seed:1 status:done').map((run) => run.config.seed)).toEqual([1, 1])
    expect(found('note:"original as teacher"')).toHaveLength(1)
    expect(found('colour:red')).toHaveLength(0)
  })

  it('offers keys, then values', () => {
    expect(completions('str', runs)).toEqual(['strategy:'])
    expect(completions('macs<30 strategy:ra', runs)).toEqual(['macs<30 strategy:random '])
    expect(completions('-sta', runs)).toEqual(['-status:'])
  })
})
