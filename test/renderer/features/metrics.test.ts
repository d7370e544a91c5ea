/** Runs that are not measured by accuracy: every figure is called what it is, with its own unit and direction. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Outcome, Run } from '../../../src/contract'
import { figuresOf, metricOf } from '../../../src/renderer/features/runs/figures'
import { viewFloor } from '../../../src/renderer/features/tradeoff/points'
import { formatChange } from '../../../src/renderer/ui/format'
import { makeWorld } from '../fake/world'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: {
    props: ['points', 'original', 'showY', 'yName'],
    template:
      '<p class="drawn">{{ yName }}: {{ points.map((point) => showY(point.y)).join(" ") }}; {{ showY(original) }}</p>',
  },
}))

let mounted: Mounted | undefined
afterEach(() => {
  mounted?.wrapper.unmount()
  mounted = undefined
})

/** The same runs as a regression: its error grows by a half, and by five times where the accuracy fell far. */
const measuredBy = (runs: readonly Run[], metric: Outcome['metric']): Run[] =>
  runs.map((run) => {
    if (!run.result) return run
    const { drop } = figuresOf(run)
    const after = (drop ?? 0) > 5 ? 1 : 0.3
    const result = { ...run.result.result, metric, before: 0.2, afterPruning: after, afterRecovery: after }
    return { ...run, result: { ...run.result, result } }
  })

const withRuns = (metric: Outcome['metric']) => {
  const world = makeWorld()
  return createFakeClient({ world: { ...world, runs: measuredBy(world.runs, metric) } })
}

describe('the metric of some runs', () => {
  const { runs } = makeWorld()

  it('is the one they share', () => {
    expect(metricOf(runs)).toBe('accuracy')
    expect(metricOf([])).toBe('accuracy')
    expect(metricOf(measuredBy(runs, 'mean-iou'))).toBe('mean-iou')
    expect(metricOf([...runs, ...measuredBy(runs, 'rmse')])).toBe('none')
  })
})

it('an error that grew says so, and accuracy that fell', () => {
  expect(formatChange(92.36, 'rmse', 'en')).toBe('+92.4 %')
  expect(formatChange(-3, 'perplexity', 'en')).toBe('−3.0 %')
  expect(formatChange(1.5, 'accuracy', 'en')).toBe('−1.50')
})

describe('a project of a regression', () => {
  it('names the error in the table, the trade-off and the sentence of the winner', async () => {
    mounted = await mountApp('/p/p-sample/runs', withRuns('rmse'))
    const { wrapper } = mounted
    await vi.waitFor(() => expect(wrapper.find('.drawn').exists()).toBe(true))
    const heads = wrapper.findAll('[role=columnheader]').map((head) => head.text())
    expect(heads).toContain('RMSE')
    expect(heads).not.toContain('Accuracy')
    expect(wrapper.get('.drawn').text()).toMatch(/^RMSE on the test split: .*0\.300.*; 0\.200$/)
    expect(wrapper.get('.best').text()).toContain('None is within 1 % of the original yet')
    expect(wrapper.get('.best').text()).toContain('0.300 (RMSE +50.0 %)')
  })

  it('compares errors, and offers the samples on which they differ most', async () => {
    mounted = await mountApp('/p/p-sample/compare?runs=r-13,r-22', withRuns('rmse'))
    const { wrapper } = mounted
    await vi.waitFor(() => expect(wrapper.find('section.ask').exists()).toBe(true), 30_000)
    const rows = wrapper.findAll('tbody th[scope=row]').map((head) => head.text())
    expect(rows).toContain('RMSE')
    expect(rows).not.toContain('Accuracy')
    expect(wrapper.get('section.ask button').attributes('disabled')).toBeUndefined()
  })
})

it('a chart whose points mostly lie far below the best shows them all', () => {
  const point = (y: number) => ({ runId: '', runIds: [], strategy: '', refit: '', x: 1, spread: 0, y })
  expect(viewFloor([88, 40, 50, 45].map(point), null)).toBeNull()
  expect(viewFloor([88, 87, 86, 45].map(point), null)).toBe(80)
})
