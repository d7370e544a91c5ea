/** What a chart's tooltip writes, and what it leaves out because a frame has no time for it. */
import { expect, it } from 'vitest'
import { tickOf, tooltipOption } from '../../../src/renderer/charts/options'

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

it('steps have no decimals that they do not have, and a true minus sign', () => {
  expect([94_867, -0.25, 'conv1'].map(tickOf)).toEqual(['94,867', '−0.25', 'conv1'])
})

it('tooltips have no blurred shadow', () => {
  expect(tooltipOption(palette)).toMatchObject({ shadowBlur: 0, shadowColor: 'transparent' })
})
