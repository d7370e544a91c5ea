/** Samples on the screen: pictures, texts and rows of a table, each with what the data says of it. */
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import type { PreviewSample } from '../../../src/contract'
import { makeI18n } from '../../../src/renderer/app/locale/i18n'
import DisagreeingSamples from '../../../src/renderer/features/compare/DisagreeingSamples.vue'
import ImportWizard from '../../../src/renderer/features/datasets/ImportWizard.vue'
import SampleGrid from '../../../src/renderer/features/datasets/SampleGrid.vue'
import { createFakeClient } from '../fake-client'
import { mountApp } from '../mount'

const global = { plugins: [makeI18n()] }
const grid = (samples: PreviewSample[], classes: string[] = []) =>
  mount(SampleGrid, { props: { samples, classes }, global })

it('texts are read beside their labels', () => {
  const texts = grid(
    [
      { index: 0, label: 1, text: 'Good' },
      { index: 1, label: null, labels: [0, 1], text: 'Both' },
    ],
    ['neg', 'pos'],
  )
  expect(texts.findAll('li').map((item) => item.text())).toEqual(['posGood', 'neg · posBoth'])
  expect(texts.find('img').exists()).toBe(false)
})

it('rows have the names of their columns, true minus signs, and say what is left out', () => {
  const row = { values: [5.099999904632568, -2], columns: ['length', 'width'], more: 3 }
  const table = grid([{ index: 7, label: null, target: 0.25, row }])
  expect(table.findAll('th').map((cell) => cell.text())).toEqual(['Row', 'Target', 'length', 'width', '3 more'])
  expect(table.findAll('td').map((cell) => cell.text())).toEqual(['7', '0.25', '5.1', '−2', '…'])
})

it('columns without names are counted', () => {
  const table = grid([{ index: 0, label: null, row: { values: [1, 2], more: 0 } }])
  expect(table.findAll('th').map((cell) => cell.text())).toEqual(['Row', 'Label', '1', '2'])
})

it('the samples on which runs disagree are read too', () => {
  const answer = {
    classes: ['neg', 'pos'],
    original: [],
    perClass: [],
    confusion: { original: [], runs: [] },
    samples: [
      { sample: { index: 4, label: 1, text: 'Not bad' }, original: 1, predictions: [{ runId: 'r', label: 0 }] },
      {
        sample: { index: 5, label: 0, row: { values: [1, 2, 3, 4, 5, 6, 7], columns: ['a'], more: 1 } },
        original: 0,
        predictions: [{ runId: 'r', label: 1 }],
      },
    ],
    differences: null,
  }
  const list = mount(DisagreeingSamples, {
    props: { answer, names: () => 'run', briefly: () => 'run', runIds: ['r'], label: null, 'onUpdate:label': () => {} },
    global,
  })
  const [text, row] = list.findAll('.content').map((item) => item.text().replace(/\s+/g, ' '))
  expect(text).toBe('Not bad')
  expect(row).toBe('a 1234562 more')
})

it('the import asks for mean and deviation of pictures alone', async () => {
  const app = await mountApp('/p/p-sample/datasets', createFakeClient())
  const [found] = app.fake.world.datasets
  if (!found) throw new Error('no data set')
  const fields = (mean: number[]) =>
    mount(ImportWizard, {
      props: { source: { path: 'data.csv' }, found: { ...found, mean, std: mean }, samples: [] },
      global: { plugins: [makeI18n()], stubs: { teleport: true } },
    }).findAll('input').length
  expect([fields([0.5]), fields([])]).toEqual([3, 1])
  app.wrapper.unmount()
})

const base64 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer).toString('base64')
const places = (own: Partial<NonNullable<PreviewSample['places']>>): PreviewSample['places'] => ({
  says: 'classes',
  shape: [2, 2],
  height: null,
  width: null,
  ...own,
})

it('masks stand beside their picture and name their classes, the largest first', () => {
  const mask = places({ height: 2, width: 2, picture: base64(1, 1, -1, 0) })
  const shown = grid([{ index: 3, label: null, within: 4, places: mask, image: 'data:,' }], ['road', 'sky'])
  expect(shown.find('figcaption').text()).toBe('sky · road')
  expect(shown.find('canvas').attributes('aria-label')).toBe('What the data says of sample 3')
})

it('of many numbers the first are told, and how many there are', () => {
  const numbers = places({ says: 'numbers', shape: [1024], list: [0.5, -2] })
  const table = grid([{ index: 0, label: null, within: 1024, places: numbers, row: { values: [1], more: 0 } }])
  expect(table.findAll('th').map((cell) => cell.text())).toEqual(['Row', 'Target', '1'])
  expect(table.findAll('td')[1]?.text()).toBe('0.5 · −2 … 1,024 in all')
})
