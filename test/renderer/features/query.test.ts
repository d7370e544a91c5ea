import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { makeI18n } from '../../../src/renderer/app/locale/i18n'
import { completions, meaningOf } from '../../../src/renderer/features/runs/completions'
import { figuresOf } from '../../../src/renderer/features/runs/figures'
import { misread, parseQuery, readNumber } from '../../../src/renderer/features/runs/query'
import type { QueryNames } from '../../../src/renderer/features/runs/query-keys'
import { makeWorld } from '../fake/world'

const { runs } = makeWorld()
const names: QueryNames = {
  title: (run) => `${run.config.strategy} run`,
  model: (id) => `model ${id}`,
  dataset: (id) => id,
}
const found = (query: string) => runs.filter(parseQuery(query, names))

describe('the search language', () => {
  it('lets everything through when empty', () => {
    expect(found('')).toHaveLength(runs.length)
    expect(found('  or ')).toHaveLength(runs.length)
  })

  it('finds by key, also negated with a minus, with "not" and with !=', () => {
    expect(found('strategy:l2').every((run) => run.config.strategy === 'l2')).toBe(true)
    for (const not of ['-strategy:l2', 'not strategy:l2', 'strategy!=l2', '非 strategy:l2']) {
      expect(found('strategy:l2').length + found(not).length).toBe(runs.length)
    }
  })

  it('compares with every sign, and leaves out runs without the figure', () => {
    const done = runs.filter((run) => figuresOf(run).metric !== null)
    const middle = figuresOf(done[3] as (typeof runs)[number]).metric as number
    for (const [sign, fits] of [
      ['<', (value: number) => value < middle],
      ['<=', (value: number) => value <= middle],
      ['>', (value: number) => value > middle],
      ['>=', (value: number) => value >= middle],
    ] as const) {
      expect(found(`accuracy${sign}${middle}`)).toEqual(done.filter((run) => fits(figuresOf(run).metric as number)))
    }
    expect(found('macs>0').every((run) => run.status === 'done')).toBe(true)
  })

  it('reads percent, sizes and times as they are written', () => {
    expect([readNumber('35%'), readNumber('250kB'), readNumber('1.5 MB'), readNumber('2min')]).toEqual([
      35, 250e3, 1.5e6, 120,
    ])
    expect([readNumber(''), readNumber('abc'), readNumber('3 parsecs')]).toEqual([null, null, null])
    expect(found('macs<35%')).toEqual(found('macs<35'))
    expect(found('size<1GB')).toEqual(runs.filter((run) => figuresOf(run).bytes !== null))
  })

  it('combines terms by "and", groups of them by "or", and values by commas', () => {
    expect(found('strategy:l2 seed:1 status:done').map((run) => run.config.seed)).toEqual([1, 1])
    expect(found('strategy=l2 or strategy=random')).toEqual(found('strategy=l2,random'))
    expect(found('accuracy>=80 macs<40% status:done strategy:l2')).toEqual(
      runs.filter((run) => {
        const { metric, macsKept } = figuresOf(run)
        return run.config.strategy === 'l2' && (metric ?? 0) >= 80 && (macsKept ?? 1) < 0.4
      }),
    )
  })

  it('takes quoted text, and the beginning of a date', () => {
    expect(found('note:"original as teacher"')).toHaveLength(1)
    const day = (runs[0]?.createdAt ?? '').slice(0, 10)
    expect(found(`created:${day}`)).toEqual(runs.filter((run) => run.createdAt.startsWith(day)))
    expect(found(`created>=${day} or created<${day}`)).toHaveLength(runs.length)
  })

  it('reads what makes no sense as a word, and says so', () => {
    expect(found('colour:red')).toHaveLength(0)
    expect(misread('colour:red macs<much -status>3 status:done "a:b" acc')).toEqual([
      'colour:red',
      'macs<much',
      'status>3',
    ])
    expect(misread('macs<')).toEqual([])
  })

  it('never fails, and a query turned round finds the rest', () => {
    const piece = fc.constantFrom(
      'status',
      'macs',
      ':',
      '<=',
      '!',
      '"',
      '-',
      'not',
      'or',
      ',',
      ' ',
      '35',
      'l2',
      '%',
      '\\',
      '(',
    )
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        expect(found(pieces.join('')).length).toBeLessThanOrEqual(runs.length)
        expect(completions(pieces.join(''), runs, names).length).toBeLessThanOrEqual(8)
      }),
    )
  })
})

describe('completion', () => {
  const offers = (query: string) => completions(query, runs, names)

  it('offers keys, then values, also after a comma and within quotes', () => {
    expect(offers('str')).toEqual(['strategy:'])
    expect(offers('macs<30 strategy:ra')).toEqual(['macs<30 strategy:random '])
    expect(offers('-sta')).toEqual(['-status:'])
    expect(offers('strategy:l2,ran')).toEqual(['strategy:l2,random '])
    expect(offers('model:"model m-v')).toEqual(['model:"model m-vgg" '])
  })

  it('says what keys and values mean, where the catalogue does', () => {
    const { t, te } = makeI18n().global
    const meaning = (term: string) => (te(meaningOf(term)) ? t(meaningOf(term)) : '')
    const terms = ['status:', 'tag:', 'macs<', 'accuracy>=', '-status:done', 'strategy:l1,result-oriented', 'tag:keep']
    expect(terms.map(meaning)).toEqual(['Status', 'Tags', 'MACs kept', 'Accuracy', 'Done', 'Result-oriented', ''])
  })

  it('offers signs for figures', () => {
    expect(offers('accuracy')).toEqual(['accuracy<', 'accuracy<=', 'accuracy>=', 'accuracy>'])
  })

  it('only offers what goes on from what was typed, and what finds something', () => {
    for (const query of ['s', 'status:', 'tag:', 'refit:', 'x -all']) {
      for (const offer of offers(query)) expect(offer.startsWith(query.split(/\s/).slice(0, -1).join(' '))).toBe(true)
    }
    for (const offer of offers('status:')) expect(found(offer).length).toBeGreaterThan(0)
  })
})
