/** Both languages say everything: same keys, same placeholders, nothing empty, nothing left in the other language. */
import { describe, expect, it } from 'vitest'
import { listStrategies } from '../../../src/engine/strategies'
import { features, resolveLanguage } from '../../../src/renderer/app/locale/i18n'

type Texts = { readonly [key: string]: string | Texts }

const flat = (texts: Texts, path = ''): [string, string][] =>
  Object.entries(texts).flatMap(([key, value]): [string, string][] =>
    typeof value === 'string' ? [[`${path}${key}`, value]] : flat(value, `${path}${key}.`),
  )

/** Names and symbols that are written alike in both languages. */
const alike =
  /^[\s\d\p{P}\p{S}]*$|^(Espalier|FPGM|APoZ|LAMP|HRank|ThiNet|CHIP|NISP|JSON|HTML|ONNX|SHA-256|Fisher|\/home\/\S+|[{}\w\s×→·,]*\{\w+\}[{}\w\s×→·,]*|([\s\p{P}\p{S}]*\{\w+\})+[\s\p{P}\p{S}]*)$/u
const han = /\p{Script=Han}/u

describe.each(Object.entries(features))('texts of %s', (_name, pair) => {
  const en = flat(pair.en as Texts)
  const zh = new Map(flat(pair.zh as Texts))

  it('has the same keys in both languages', () => {
    expect([...zh.keys()].sort()).toEqual(en.map(([key]) => key).sort())
  })

  it('has no empty text', () => {
    expect([...en, ...zh].filter(([, text]) => text.trim() === '')).toEqual([])
  })

  it('keeps every placeholder', () => {
    const names = (text: string) => [...new Set(text.match(/\{\w+\}/g) ?? [])].sort()
    for (const [key, text] of en) expect([key, names(zh.get(key) ?? '')]).toEqual([key, names(text)])
  })

  it('is translated: Chinese has Han characters, English has none', () => {
    expect(en.filter(([, text]) => han.test(text))).toEqual([])
    expect([...zh].filter(([key, text]) => !han.test(text) && !alike.test(text) && !alike.test(key))).toEqual([])
  })
})

describe('the language in force', () => {
  it('follows the setting, else the system', () => {
    expect(resolveLanguage('zh-CN', ['en-US'])).toBe('zh-CN')
    expect(resolveLanguage('system', ['zh-TW', 'en'])).toBe('zh-CN')
    expect(resolveLanguage('system', ['de-DE'])).toBe('en')
  })
})

it.each(listStrategies().map(({ name }) => name))(
  'the strategy %s has a name and a sentence in both languages',
  (name) => {
    for (const texts of [features.common.en, features.common.zh]) {
      const { strategy } = texts as unknown as {
        strategy: Record<string, { title: string; summary: string } | undefined>
      }
      expect(strategy[name]).toMatchObject({ title: expect.any(String), summary: expect.any(String) })
    }
  },
)
