/** What a chart's tooltip writes, and what it leaves out because a frame has no time for it. */
import { mount } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { expect, it, vi } from 'vitest'
import { makeI18n } from '../../../src/renderer/app/locale/i18n'
import LinesChart from '../../../src/renderer/charts/LinesChart.vue'
import { legendLines, logTickOf, textWidth, tickOf, tooltipOption } from '../../../src/renderer/charts/options'

vi.mock('../../../src/renderer/charts/Chart.vue', () => ({
  default: { name: 'Drawn', props: ['option', 'label'], template: '<div />' },
}))

const palette = {
  text: '#111',
  text2: '#222',
  text3: '#333',
  line: '#ccc',
  surface: '#fff',
  accent: '#060',
  good: '#080',
  bad: '#800',
  series: [],
}

it('powers of ten are told by their power where they have many zeros', () => {
  expect([100, 0.001, 1e-4, 1e-11].map(logTickOf)).toEqual(['100', '0.001', '0.0001', '1e−11'])
})

it('steps have no decimals that they do not have, and a true minus sign', () => {
  expect([94_867, -0.25, 'conv1'].map(tickOf)).toEqual(['94,867', '−0.25', 'conv1'])
})

it('a legend has the lines that its names need, and one name is never less than one', () => {
  const long = 'L2 norm · 30 % MACs · as published · fine-tuned · seed 0'
  expect(legendLines(['train', 'verification'], 900)).toBe(1)
  expect(legendLines([long, long, long, long], 900)).toBe(2)
  expect(legendLines([long, long], 100)).toBe(2)
  expect(textWidth('损失', 12)).toBe(24)
})

it('tooltips have no blurred shadow', () => {
  expect(tooltipOption(palette)).toMatchObject({ shadowBlur: 0, shadowColor: 'transparent' })
})

it('the crosshair of lines stands on a measured step, and is called what the axis is called', () => {
  const wrapper = mount(LinesChart, {
    props: {
      series: [{ name: 'loss', points: [[1200, 0.5]] }],
      xName: 'Step',
      yName: 'Loss',
      label: 'Loss',
      format: String,
    },
    global: { plugins: [makeI18n(), createPinia()] },
  })
  const { tooltip, xAxis } = wrapper.getComponent({ name: 'Drawn' }).props('option')
  expect(xAxis.axisPointer.snap).toBe(true)
  expect(tooltip.axisPointer.label.formatter({ value: 1200 })).toBe('Step 1,200')
})
