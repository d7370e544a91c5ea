/**
 * The rarer errors in Simplified Chinese. The engine and the services throw some hundred sentences that are no codes of
 * the contract: they are known by their English, `{0}`, `{1}`, … standing for what was put in. A test reads all of them
 * from the sources and fails where one has no Chinese (test/renderer/app/rarer-sentences.test.ts). Loaded for Chinese alone.
 */
import { sentences } from '../../../../contract/sentences'
import { chinese } from '../sentences'
import { files } from './files'
import { keras } from './keras'
import { networks } from './networks'
import { work } from './work'

/** Words that the services put in. */
const words: Readonly<Record<string, string>> = {
  train: '训练',
  verification: '验证',
  test: '测试',
  queued: '排队中',
  running: '运行中',
  done: '已完成',
  failed: '失败',
  cancelled: '已取消',
  interrupted: '已中断',
  input: '输入',
  output: '输出',
  macs: '次乘加',
  params: '个参数',
  bytes: '字节',
  model: '模型',
  'data set': '数据集',
  run: '运行',
  project: '项目',
  group: '组',
  nothing: '无',
}

/** Said by an operator about itself, behind its name. */
const aboutNode = '{0} "{1}" {2}'

export const rarer: Readonly<Record<string, string>> = { ...networks, ...keras, ...files, ...work }

interface Pattern {
  readonly expression: RegExp
  readonly places: readonly string[]
  readonly chinese: string
  /** Letters that are always the same: the more, the surer the sentence is meant. */
  readonly sure: number
  /** A sentence of its own, not only a part of another. */
  readonly whole: boolean
}

const place = /\{(\w+)\}/g

function patternOf(english: string, inChinese: string): Pattern {
  const literal = english.split(/\{\w+\}/)
  const escaped = literal.map((text) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
  return {
    expression: new RegExp(`^${escaped.join('([^]*?)')}$`),
    places: [...english.matchAll(place)].map(([, name = '']) => name),
    chinese: inChinese,
    sure: literal.join('').length,
    whole: /[.:]$/.test(english),
  }
}

const patterns: readonly Pattern[] = [
  ...Object.entries(rarer),
  ...Object.entries(sentences).map(([code, english]) => [english, chinese[code as keyof typeof chinese]] as const),
]
  .map(([english, inChinese]) => patternOf(english, inChinese))
  .sort((a, b) => b.sure - a.sure)
const about = patternOf(aboutNode, '{0}“{1}”{2}')

const fill = ({ chinese: text }: Pattern, values: ReadonlyMap<string, string>): string =>
  text.replaceAll(place, (all, name: string) => values.get(name) ?? all)

const valuesOf = ({ expression, places }: Pattern, text: string): Map<string, string> | null => {
  const found = expression.exec(text)
  return found && new Map(places.map((name, at) => [name, found[at + 1] ?? '']))
}

/** A part of a sentence, which may be a phrase of its own, a word, or a name that stays as it is. */
const part = (text: string): string => words[text] ?? told(text, false) ?? text

function told(text: string, whole: boolean): string | null {
  for (const pattern of patterns) {
    if (whole && !pattern.whole) continue
    const values = pattern.sure > 0 ? valuesOf(pattern, text) : null
    if (!values) continue
    return fill(pattern, new Map([...values].map(([name, value]) => [name, value === text ? value : part(value)])))
  }
  const values = valuesOf(about, text)
  const said = values?.get('2') ?? ''
  const inChinese = said === '' ? null : told(said, false)
  return values && inChinese !== null ? fill(about, new Map([...values, ['2', inChinese]])) : null
}

/** @returns the Chinese of an English sentence of the engine or the services; null where it is none of them */
export const inChinese = (english: string): string | null => told(english, true)
