/** The engine's sentences on the screen: in the reader's language, in English where the page does not know their code. */
import { mount } from '@vue/test-utils'
import { describe, expect, it } from 'vitest'
import type { LogLine } from '../../../src/contract'
import { inEnglish, type Said, say } from '../../../src/contract/sentences'
import { readError } from '../../../src/renderer/app/errors'
import { type Language, makeI18n } from '../../../src/renderer/app/locale/i18n'
import RunLog from '../../../src/renderer/features/run-detail/RunLog.vue'
import ErrorNotice from '../../../src/renderer/ui/ErrorNotice.vue'

const speaking = (language: Language) => {
  const i18n = makeI18n()
  i18n.global.locale.value = language
  return { global: { plugins: [i18n] } }
}
const full = say('error.disk-full')
const thrown = (said: Said, message: string) =>
  readError(Object.assign(new Error(message), { code: 'DISK_FULL', data: { said } }))
const notice = (language: Language, said: Said, message = inEnglish(full)) =>
  mount(ErrorNotice, { props: { report: thrown(said, message) }, ...speaking(language) }).text()

describe('a sentence of the engine', () => {
  it('is shown in the language of the page', () => {
    expect(notice('en', full)).toContain('The disk is full, so the last write was undone')
    expect(notice('zh-CN', full)).toContain('磁盘已满，最后一次写入已撤销')
    expect(notice('zh-CN', full)).not.toContain('The disk')
  })

  it('is shown in English where the page does not know its code', () => {
    expect(notice('zh-CN', { code: 'of.the-future', values: {} }, 'Something new.')).toContain('Something new.')
  })

  it('is found in the log by its words in either language, beside lines that have no other', async () => {
    const said = say('doing.refit-layer', { layer: 'conv1' })
    const lines: LogLine[] = [
      { at: '2026-01-01T00:00:00Z', level: 'info', message: inEnglish(said), said },
      { at: '2026-01-01T00:00:01Z', level: 'info', message: 'An older line' },
    ]
    const log = mount(RunLog, { props: { lines }, ...speaking('zh-CN') })
    expect(log.text()).toContain('正在将“conv1”重新拟合到原特征图')
    expect(log.text()).toContain('An older line')
    await log.get('input').setValue('拟合')
    expect(log.findAll('.log p')).toHaveLength(1)
  })
})
