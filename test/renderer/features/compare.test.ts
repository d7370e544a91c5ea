/** Comparing: brushing the parallel coordinates, what the confusion tells, spread over seeds, ranking with latency. */
import fc from 'fast-check'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { extentOf, linesWithin, onlyValue, type ParallelAxis } from '../../../src/renderer/charts/parallel'
import { confusionChanges, confusionDifference } from '../../../src/renderer/features/compare/confusion'
import { bestUnder } from '../../../src/renderer/features/compare/rank'
import { armsOf } from '../../../src/renderer/features/compare/spread'
import { settingWeights } from '../../../src/renderer/features/compare/weights'
import { spreadOf } from '../../../src/renderer/features/runs/spread'
import { latencyOf, makeWorld } from '../fake/world'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { template: '<div class="chart-stand-in" />' },
}))

// ECharts draws on a canvas that this environment has not.
vi.mock('../../../src/renderer/charts/BarsChart.vue', () => ({
  __esModule: true,
  default: { template: '<div class="chart-stand-in" />' },
}))

let mounted: Mounted | undefined
afterEach(() => {
  mounted?.wrapper.unmount()
  mounted = undefined
})

const axis = (id: string, values: (number | null)[]): ParallelAxis => ({ id, label: id, values, format: String })

describe('parallel coordinates', () => {
  it('keep exactly the lines within every range', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), fc.option(fc.integer({ min: 0, max: 9 }))), {
          minLength: 1,
          maxLength: 20,
        }),
        fc.integer({ min: 0, max: 9 }),
        fc.integer({ min: 0, max: 9 }),
        (rows, a, b) => {
          const axes = [
            axis(
              'x',
              rows.map(([x]) => x),
            ),
            axis(
              'y',
              rows.map(([, y]) => y),
            ),
          ]
          const [low, high] = [Math.min(a, b), Math.max(a, b)]
          expect(linesWithin(axes, { y: [low, high] }, rows.length)).toEqual(
            rows.map(([, y]) => y !== null && y >= low && y <= high),
          )
          expect(linesWithin(axes, {}, rows.length).every(Boolean)).toBe(true)
          const [least, most] = extentOf(axes[0] as ParallelAxis)
          expect(most).toBeGreaterThan(least)
          for (const [x] of rows) expect(x >= least && x <= most).toBe(true)
        },
      ),
    )
  })

  it('are brushed with the keyboard, and what is within can be kept', async () => {
    mounted = await mountApp('/p/p-sample/compare?runs=r-13,r-16,r-19,r-22')
    // The chart is drawn once the rows are there.
    for (let turn = 0; turn < 100 && !mounted.wrapper.find('[role=slider]').exists(); turn++) await mounted.settle()
    const handles = mounted.wrapper.findAll('[role=slider]')
    const accuracy = handles.find((handle) => handle.attributes('aria-label') === 'Accuracy, at least')
    const runs = mounted.fake.world.runs.filter((run) => ['r-13', 'r-16', 'r-19', 'r-22'].includes(run.id))
    const best = Math.max(...runs.map((run) => run.result?.result.afterRecovery ?? 0))
    for (const key of [...Array(7).fill('PageUp'), ...Array(4).fill('ArrowUp')])
      await accuracy?.trigger('keydown', { key })
    expect(Number(accuracy?.attributes('aria-valuenow'))).toBeLessThanOrEqual(best)
    expect(mounted.wrapper.text()).toContain('1 of 4 within')
    const keep = mounted.wrapper.findAll('button').find((button) => button.text() === 'Compare only these')
    await keep?.trigger('click')
    await mounted.settle()
    const winner = runs.find((run) => run.result?.result.afterRecovery === best)
    expect(mounted.router.currentRoute.value.query.runs).toBe(winner?.id)
  })
})

describe('a run that leaves', () => {
  it('is gone from the figures in the frame after the click, and from the charts in the frames that follow', async () => {
    mounted = await mountApp('/p/p-sample/compare?runs=r-13,r-16,r-19,r-22')
    const { wrapper } = mounted
    const columns = () => wrapper.findAll('thead .tools').length
    const lines = () => wrapper.findAll('.box path.line').length
    await vi.waitFor(() => expect([columns(), lines()]).toEqual([4, 4]), 30_000)
    await mounted.settle()
    const frames: (() => void)[] = []
    vi.stubGlobal('requestAnimationFrame', (frame: () => void) => frames.push(frame))
    try {
      await wrapper.findAll('thead .tools button').at(-1)?.trigger('click')
      await mounted.settle()
      expect([columns(), lines()]).toEqual([3, 4])
    } finally {
      vi.unstubAllGlobals()
    }
    while (frames.length > 0) frames.shift()?.()
    await vi.waitFor(() => expect([columns(), lines()]).toEqual([3, 3]), 30_000)
  })
})

describe('what differs', () => {
  it('is also how runs fine-tuned; of one that did not there is nothing to tell', async () => {
    const fake = createFakeClient()
    const finetune = { epochs: 4, samples: 0, learningRate: 0.02, distill: false }
    const trained: Record<string, Partial<typeof finetune> & { schedule?: 'cosine'; augment?: ('flip' | 'shift')[] }> =
      {
        'r-13': {},
        'r-16': { learningRate: 0.05, schedule: 'cosine', augment: ['flip'] },
        'r-19': { epochs: 0, learningRate: 0.3 },
      }
    fake.world.runs = fake.world.runs.map((run) => {
      const own = trained[run.id]
      return own ? { ...run, config: { ...run.config, finetune: { ...finetune, ...own } } } : run
    })
    mounted = await mountApp('/p/p-sample/compare?runs=r-13,r-16,r-19', fake)
    const { wrapper } = mounted
    await vi.waitFor(() => expect(wrapper.findAll('thead .tools')).toHaveLength(3), 30_000)
    const row = (name: string) =>
      wrapper
        .findAll('tbody tr')
        .find((candidate) => candidate.find('th').text() === name)
        ?.findAll('td')
        .map((cell) => cell.text().replace('≠', '').trim())
    expect(row('Learning rate')).toEqual(['0.02', '0.05', '–'])
    expect(row('How the rate goes')).toEqual(['in a line to zero', 'along a cosine to zero', '–'])
    expect(row('Changed copies of images')).toEqual(['None', 'mirrored left to right', '–'])
    expect(row('Steps of a criterion')).toBeUndefined()
  })
})

describe('the confusion', () => {
  it('is told as the mistakes that changed, the largest first', () => {
    const [before, after] = [
      [
        [8, 2, 0],
        [1, 9, 0],
        [0, 0, 10],
      ],
      [
        [4, 2, 4],
        [2, 8, 0],
        [0, 0, 10],
      ],
    ]
    expect(confusionDifference(before, after)).toEqual([
      [-4, 0, 4],
      [1, -1, 0],
      [0, 0, 0],
    ])
    expect(confusionChanges(before, after)).toEqual([
      { label: 0, named: 2, before: 0, after: 4 },
      { label: 1, named: 0, before: 1, after: 2 },
    ])
  })

  it('leads to the samples of the class', async () => {
    mounted = await mountApp('/p/p-sample/compare?runs=r-13,r-22')
    const { wrapper } = mounted
    const ask = () => wrapper.get('section.ask button')
    // The panels below the fold come in the frame after.
    await vi.waitFor(ask, 30_000)
    await ask().trigger('click')
    await mounted.settle()
    for (let turn = 0; turn < 100 && !mounted.wrapper.find('ol .as-link').exists(); turn++) await mounted.settle()
    const change = mounted.wrapper.get('ol .as-link')
    const [label] = change.text().split(' taken for ')
    await change.trigger('click')
    for (const sample of mounted.wrapper.findAll('.sample')) expect(sample.get('dd').text()).toBe(label)
  })
})

describe('an axis on which all runs are equal', () => {
  it('has one figure, and not ends that no run has', () => {
    const axis = (values: (number | null)[]) => ({ id: 'x', label: 'x', values, format: String })
    expect(onlyValue(axis([1, 1, null]))).toBe(1)
    expect(onlyValue(axis([1, 2]))).toBeNull()
    expect(onlyValue(axis([null]))).toBeNull()
    expect(onlyValue({ ...axis([0, 0]), categories: ['a'] })).toBeNull()
  })

  it('and a comparison of one run asks for a second', async () => {
    mounted = await mountApp('/p/p-sample/compare?runs=r-13')
    expect(mounted.wrapper.text()).toContain('add a second one')
  })
})

describe('the spread over seeds', () => {
  it('has the mean and the sample deviation of runs that differ in their seed alone', () => {
    expect(spreadOf([1, 2, 3, null])).toEqual({ n: 3, mean: 2, deviation: 1, low: 1, high: 3 })
    expect(spreadOf([5])?.deviation).toBeNull()
    expect(spreadOf([null])).toBeNull()
    const arms = armsOf(makeWorld().runs.slice(0, 24))
    expect(arms).toHaveLength(8)
    expect(arms.every((arm) => arm.runs.length === 3 && arm.metric?.n === 3)).toBe(true)
  })
})

describe('what the result goes with', () => {
  const setting = (id: string, ...values: string[]) => ({ id, values })

  it('is all of a setting that alone decides, and nothing of one that changes beside it', () => {
    const weights = settingWeights(
      [90, 90, 80, 80],
      [setting('seed', '0', '1', '0', '1'), setting('goal', '50', '50', '30', '30')],
    )
    expect(weights.map(({ id, share }) => [id, share])).toEqual([
      ['goal', 1],
      ['seed', 0],
    ])
    expect(weights[0]?.means).toEqual([
      { value: '50', mean: 90, n: 2 },
      { value: '30', mean: 80, n: 2 },
    ])
  })

  it('is the adjusted share of variance, as numpy works it out', () => {
    // 1 - (squares within / 4) / (squares in all / 6), with numpy's means.
    const [weight] = settingWeights([1, 2, 3, 5, 6, 8, 10], [setting('g', 'a', 'a', 'b', 'b', 'b', 'c', 'c')])
    expect(weight?.share).toBeCloseTo(0.83203125, 8)
  })

  it('says nothing of a setting whose every value stands once, nor without two results that differ', () => {
    expect(settingWeights([1, 2, 3], [setting('seed', '0', '1', '2')])).toEqual([])
    expect(settingWeights([1, 1, 1, 1], [setting('goal', 'a', 'a', 'b', 'b')])).toEqual([])
    expect(settingWeights([null, 1, null, 2], [setting('goal', 'a', 'a', 'b', 'b')])).toEqual([])
  })
})

describe('ranking under latency', () => {
  it('takes only runs that were measured to keep it', () => {
    const runs = makeWorld().runs.filter((run) => run.status === 'done')
    const free = bestUnder(runs, { macs: 0, kilobytes: 0, drop: 0 })
    const other = runs.find((run) => run.id !== free?.id)
    const timed = runs.map((run) =>
      run.id === other?.id
        ? { ...run, latency: latencyOf(0.8) }
        : run.id === free?.id
          ? { ...run, latency: latencyOf(1.4) }
          : run,
    )
    expect(bestUnder(timed, { macs: 0, kilobytes: 0, drop: 0, milliseconds: 1 })?.id).toBe(other?.id)
    expect(bestUnder(timed, { macs: 0, kilobytes: 0, drop: 0, milliseconds: 0.1 })).toBeUndefined()
  })
})
