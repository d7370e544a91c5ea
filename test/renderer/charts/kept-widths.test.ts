/** Rows that are drawn only where they change do change: with other figures, other colours and in another language. */
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import { nextTick } from 'vue'
import { makeI18n } from '../../../src/renderer/app/locale/i18n'
import KeptWidths from '../../../src/renderer/charts/KeptWidths.vue'

it('kept widths follow their figures and their colours', async () => {
  const rows = (kept: number) => [{ group: 'conv1', before: 2000, kept: [kept, null] }]
  const wrapper = mount(KeptWidths, {
    props: { rows: rows(1500), names: ['a', 'b'], colors: ['red', 'blue'] },
    global: { plugins: [makeI18n()] },
  })
  const cells = () => wrapper.findAll('tbody td').map((cell) => cell.text())
  expect(cells()).toEqual(['2,000', '1,500 75 %', '–'])
  expect(wrapper.find('tbody tr').attributes('aria-rowindex')).toBe('2')
  await wrapper.setProps({ rows: rows(1000), colors: ['green', 'blue'] })
  expect(cells()).toEqual(['2,000', '1,000 50 %', '–'])
  expect(wrapper.find('td.kept').attributes('style')).toContain('green')
})

it('kept widths are written as the language writes figures', async () => {
  const i18n = makeI18n()
  const wrapper = mount(KeptWidths, {
    props: { rows: [{ group: 'conv1', before: 12_000, kept: [6000] }], names: ['a'] },
    global: { plugins: [i18n] },
  })
  const bar = wrapper.find('td.kept').element
  ;(i18n.global.locale as unknown as { value: string }).value = 'de'
  await nextTick()
  expect(wrapper.findAll('tbody td').map((cell) => cell.text())).toEqual(['12.000', '6.000 50 %'])
  expect(wrapper.find('td.kept').element).toBe(bar)
})

it('kept widths cut a name only where it might not fit: a cut is one more layer to put together while scrolling', () => {
  const rows = ['conv1', 'encoder.layers.encoder_layer_11.mlp.0'].map((group) => ({ group, before: 8, kept: [4] }))
  const wrapper = mount(KeptWidths, { props: { rows, names: ['a'] }, global: { plugins: [makeI18n()] } })
  const heads = wrapper.findAll('tbody th')
  expect(heads.map((head) => head.classes('truncate'))).toEqual([false, true])
  expect(heads.map((head) => head.attributes('title'))).toEqual(rows.map(({ group }) => group))
})
