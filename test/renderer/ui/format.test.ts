/** Figures as every screen writes them. */
import { expect, it } from 'vitest'
import { axisOption } from '../../../src/renderer/charts/options'
import type { Palette } from '../../../src/renderer/charts/palette'
import { formatDelta, formatSmall } from '../../../src/renderer/ui/format'

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
