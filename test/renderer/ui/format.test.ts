/** Figures as every screen writes them. */
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { defineComponent } from 'vue'
import { type Language, makeI18n } from '../../../src/renderer/app/locale/i18n'
import { axisOption } from '../../../src/renderer/charts/options'
import type { Palette } from '../../../src/renderer/charts/palette'
import {
  formatAgo,
  formatBytes,
  formatCount,
  formatDelta,
  formatDuration,
  formatMilliseconds,
  formatSmall,
} from '../../../src/renderer/ui/format'
import { useFormat } from '../../../src/renderer/ui/use-format'

it('small times are told in milliseconds, never as nothing', () => {
  expect([0.02, 0.0001, 0.1, 0].map((of) => formatDuration(of, 'en'))).toEqual(['20 ms', '1 ms', '0.1 s', '0 s'])
  expect([0.2541, 12.34, 1402].map((value) => formatMilliseconds(value, 'en'))).toEqual([
    '0.254 ms',
    '12.3 ms',
    '1,402 ms',
  ])
})

it('spans of time have the units of the language, with a space before them', () => {
  const spans = [48, 200, 7500]
  expect(spans.map((of) => formatDuration(of, 'en'))).toEqual(['48 s', '3 min 20 s', '2 h 5 min'])
  expect(spans.map((of) => formatDuration(of, 'zh-CN'))).toEqual(['48 秒', '3 分 20 秒', '2 小时 5 分'])
  expect(formatAgo('2026-11-30T09:00:00Z', 'zh-CN', Date.parse('2026-11-30T12:00:00Z'))).toBe('3 小时前')
})

it('what is below zero has a minus sign, in words and on axes', () => {
  expect([formatSmall(-0.2773), formatSmall(0.0471), formatSmall(-4.77e-6), formatSmall(0)]).toEqual([
    '−0.277',
    '0.0471',
    '−4.77e-6',
    '0',
  ])
  expect(formatDelta(-1.5, 'en')).toBe('−1.50')
  const { formatter } = axisOption({} as Palette, 'Change').axisLabel
  expect([formatter(-80), formatter(1200), formatter(0.1 + 0.2), formatter('L2-norm')]).toEqual([
    '−80',
    '1,200',
    '0.3',
    'L2-norm',
  ])
})

it('what rounds up has no more figures than what it rounds to', () => {
  expect([99_960, 9996, 999_700, 100_400, 832].map((value) => formatBytes(value, 'en'))).toEqual([
    '100 kB',
    '10.0 kB',
    '1.00 MB',
    '100 kB',
    '832 B',
  ])
  expect([99_960, 999_700, 5_810_000, 12].map((value) => formatCount(value, 'en'))).toEqual([
    '100 k',
    '1.00 M',
    '5.81 M',
    '12',
  ])
})

it('lists and labels have the punctuation of the language', () => {
  const said = (language: Language) => {
    const i18n = makeI18n()
    i18n.global.locale.value = language
    const Listed = defineComponent({
      setup() {
        const format = useFormat()
        return () => i18n.global.t('common.labelled', { label: format.list(['a', 'b', 'c']), value: format.list([]) })
      },
    })
    return mount(Listed, { global: { plugins: [i18n] } }).text()
  }
  expect([said('en'), said('zh-CN')]).toEqual(['a, b, c:', 'a、b、c：'])
})
