/** What the engine and the services say: every code is said somewhere, and every language says every code. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { EspalierError, fromErrorReport, toErrorReport } from '../../src/contract/errors'
import { saidSchema } from '../../src/contract/run'
import { inEnglish, say, sentences, tell, uniqueSentences } from '../../src/contract/sentences'
import { chinese } from '../../src/renderer/app/locale/sentences'

const codes = Object.keys(sentences)
const places = (words: string) => (words.match(/\{\w+\}/g) ?? []).sort()

describe('the catalogues', () => {
  it('have the same codes', () => {
    expect(Object.keys(chinese).sort()).toEqual(codes.toSorted())
  })

  it('name the same values', () => {
    for (const [code, words] of Object.entries(sentences)) {
      expect([code, places(chinese[code as keyof typeof sentences])]).toEqual([code, places(words)])
    }
  })

  it('are each in their own language', () => {
    const han = /\p{Script=Han}/u
    expect(Object.entries(sentences).filter(([, words]) => han.test(words))).toEqual([])
    expect(Object.entries(chinese).filter(([, words]) => !han.test(words))).toEqual([])
  })

  it('hold nothing that nobody says', () => {
    const folder = join(import.meta.dirname, '../../src')
    const sources = ['contract', 'engine', 'main'].flatMap((layer) =>
      readdirSync(join(folder, layer), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && name !== 'sentences.ts')
        .map((name) => readFileSync(join(folder, layer, name), 'utf8')),
    )
    expect(codes.filter((code) => !sources.some((text) => text.includes(`'${code}'`)))).toEqual([])
  })
})

describe('a sentence', () => {
  const verifying = say('doing.samples-of', { what: say('doing.trial', { trial: 2 }), done: 3, total: 8 })

  it('is told in either language, with the sentence within it', () => {
    expect(inEnglish(verifying)).toBe('Trial 2: 3 of 8 samples')
    expect(tell(chinese, verifying)).toBe('第 2 次尝试：3 / 8 个样本')
  })

  it('is told by nobody who lacks its code, a code within it or a value', () => {
    expect(tell(sentences, { code: 'of.the-future', values: {} })).toBeNull()
    expect(tell(sentences, { code: 'toString', values: {} })).toBeNull()
    expect(
      tell(sentences, { ...verifying, values: { ...verifying.values, what: { code: 'new', values: {} } } }),
    ).toBeNull()
    expect(tell(sentences, { code: 'doing.trial', values: {} })).toBeNull()
  })

  it('is a plain value that is stored and read back, with codes of later versions', () => {
    expect(saidSchema.parse(JSON.parse(JSON.stringify(verifying)))).toEqual(verifying)
    const later = { code: 'of.the-future', values: { what: verifying } }
    expect(saidSchema.parse(later)).toEqual(later)
  })

  it('is said once in a list', () => {
    const once = say('run.no-test-split')
    expect(uniqueSentences([once, verifying, say('run.no-test-split')])).toEqual([once, verifying])
  })
})

describe('an error', () => {
  it('that is a sentence crosses a border with its code and values', () => {
    const said = say('error.nothing-scored', { criterion: 'L1 norm', why: say('error.no-group') })
    const report = toErrorReport(fromErrorReport(toErrorReport(new EspalierError('NOTHING_PRUNABLE', said))))
    expect(report).toEqual({ code: 'NOTHING_PRUNABLE', message: inEnglish(said), said })
  })

  it('of the system or of a defect is a sentence too', () => {
    expect(toErrorReport(Object.assign(new Error('no room'), { code: 'ENOSPC' })).said).toEqual(say('error.disk-full'))
    expect(toErrorReport(new Error('boom')).said).toEqual(say('error.internal', { what: 'boom' }))
  })
})
