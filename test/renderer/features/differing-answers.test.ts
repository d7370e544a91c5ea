/** Samples that networks answer most differently, where none of them names one class a sample. */
import { mount, type VueWrapper } from '@vue/test-utils'
import { createPinia } from 'pinia'
import { describe, expect, it } from 'vitest'
import type { Differences } from '../../../src/contract'
import { makeI18n } from '../../../src/renderer/app/locale/i18n'
import { classColours } from '../../../src/renderer/charts/class-colours'
import DifferingAnswers from '../../../src/renderer/features/compare/DifferingAnswers.vue'
import { furthestFirst, placesApart } from '../../../src/renderer/features/compare/furthest'

const row = { values: [1, 2], more: 0 }
/** Original and two runs; `apart` is of (0, 1), (0, 2), (1, 2). */
const regression: Differences = {
  metric: 'rmse',
  says: 'numbers',
  height: null,
  width: null,
  shrunk: 1,
  values: 2,
  samples: [
    {
      sample: { index: 3, label: null, row },
      target: { list: [1, 1] },
      answers: [{ list: [1, 1.5] }, { list: [1.5, 1] }, { list: [-2, 1] }],
      scores: [0.35, 0.35, 2.12],
      apart: [0.5, 2.2, 2.5],
    },
    {
      sample: { index: 8, label: null, row },
      target: { list: [0, 0] },
      answers: [{ list: [0, 0] }, { list: [4, 0] }, { list: [0, 0] }],
      scores: [0, 2.83, 0],
      apart: [2.83, 0, 2.83],
    },
  ],
}
const global = { plugins: [makeI18n(), createPinia()] }
const shown = (differences: Differences, classes: string[] = []) =>
  mount(DifferingAnswers, {
    props: {
      differences,
      classes,
      names: (id: string) => `run ${id}`,
      briefly: (id: string) => id,
      runIds: ['a', 'b'],
    },
    global,
  })
const heads = (wrapper: VueWrapper) => wrapper.findAll('.sample .head').map((head) => head.text())

it('those furthest apart come first, and the two stand above them', () => {
  const wrapper = shown(regression)
  expect(heads(wrapper)).toEqual(['Original – a2.83 apart', 'a – b2.50 apart'])
  const [, second] = wrapper.findAll('.sample')
  expect(second?.find('dl').text()).toBe('Target1 · 1Original1 · 1.5error 0.350a1.5 · 1error 0.350b−2 · 1error 2.12')
  expect(second?.findAll('.apart dt').map((name) => name.text())).toEqual(['a', 'b'])
})

it('two can be chosen, and are looked at alone', async () => {
  const wrapper = shown(regression)
  const [one, other] = wrapper.findAll('select')
  await one?.findAll('option')[1]?.setValue()
  expect(heads(wrapper)).toEqual(['Original – a2.83 apart', 'Original – b2.20 apart'])
  await other?.findAll('option')[3]?.setValue()
  expect(heads(wrapper)).toEqual(['Original – b2.20 apart'])
  expect(other?.findAll('option').map((option) => option.attributes('disabled') !== undefined)).toEqual([
    false,
    true,
    false,
    false,
  ])
})

describe('classes of places', () => {
  const words: Differences = {
    ...regression,
    metric: 'perplexity',
    says: 'classes',
    values: 4,
    words: { 0: 'the', 1: 'cat', 2: 'sat' },
    samples: [
      {
        sample: { index: 0, label: null, within: 4, text: 'the cat sat' },
        target: { list: [1, 2, -1, -1] },
        answers: [{ list: [1, 2, 0, 0] }, { list: [1, 0, 1, 0] }, { list: [1, 2, 0, 0] }],
        scores: [1.5, 4.25, 1.5],
        apart: [0.5, 0, 0.5],
      },
    ],
  }

  it('are told by their words where the two differ and the data asks for one', () => {
    const wrapper = shown(words)
    expect(heads(wrapper)).toEqual(['Original – a50 % of the places differ'])
    const cells = wrapper.findAll('tbody tr').map((line) => line.findAll('td').map((cell) => cell.text()))
    expect(cells).toEqual([
      ['2', 'sat', 'sat', 'the'],
      ['', 'perplexity 1.50', 'perplexity 4.25'],
    ])
    expect(wrapper.findAll('tbody td.good, tbody td.warn').map((cell) => cell.classes()[0])).toEqual(['good', 'warn'])
  })

  it('that nobody asks for are not counted', () => {
    expect(placesApart([0, 1, 2], [1, 1, 0], [0, 1, -1])).toEqual([0])
    expect(placesApart([0, 1, 2], [1, 1, 0], undefined)).toEqual([0, 2])
  })
})

it('several labels are told by name', () => {
  const labels: Differences = {
    ...regression,
    metric: 'f1',
    says: 'labels',
    samples: [
      {
        ...(regression.samples[0] as Differences['samples'][number]),
        target: { list: [1, 1] },
        answers: [{ list: [1, 0] }, { list: [0, 0] }, { list: [1, 1] }],
        scores: [50, 0, 100],
      },
    ],
  }
  const text = shown(labels, ['wet', 'windy']).find('dl').text()
  expect(text).toBe('Labelwet · windyOriginalwet50.0 % righta–0.0 % rightbwet · windy100.0 % right')
})

it('pictures have a legend of the classes that occur, and the two beside what the data says', () => {
  const base64 = (values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64')
  const masks: Differences = {
    ...regression,
    metric: 'mean-iou',
    says: 'classes',
    height: 2,
    width: 2,
    values: 4,
    samples: [
      {
        sample: { index: 5, label: null, within: 4, image: 'data:image/png;base64,' },
        target: { picture: base64([0, 0, 2, -1]) },
        answers: [
          [0, 0, 2, 2],
          [0, 2, 2, 2],
          [0, 0, 2, 2],
        ].map((values) => ({ picture: base64(values) })),
        scores: [100, 41.7, 100],
        apart: [1 / 3, 0, 1 / 3],
      },
    ],
  }
  const wrapper = shown(masks, ['ground', 'circle', 'square'])
  expect(wrapper.findAll('.legend li').map((one) => one.text())).toEqual(['ground', 'square'])
  expect(wrapper.findAll('figcaption').map((one) => one.text())).toEqual([
    'Sample 5',
    'Label',
    'OriginalIoU 100.0 %',
    'aIoU 41.7 %',
    'Difference',
  ])
  expect(wrapper.findAll('canvas').map((one) => one.attributes('aria-label'))).toEqual([
    'Label',
    'Original',
    'run a',
    'Difference',
  ])
})

it('nothing is shown where all say the same', () => {
  const none = shown({ ...regression, samples: [] })
  expect([none.findAll('.sample').length, none.text().includes('as the original does')]).toEqual([0, true])
  expect(
    furthestFirst([{ ...(regression.samples[0] as Differences['samples'][number]), apart: [0, 0, 0] }], []),
  ).toEqual([])
})

it('every class has a colour, and further ones are paler', () => {
  const colours = classColours(['#000', '#ff8000'], '#ffffff')
  expect([colours.css(0), colours.css(1), colours.css(2)]).toEqual(['rgb(0 0 0)', 'rgb(255 128 0)', 'rgb(115 115 115)'])
})
