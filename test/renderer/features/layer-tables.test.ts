/** Layers as tables: every row in reach of the keyboard, sorted, filtered, and chosen by its name. */
import { mount } from '@vue/test-utils'
import { expect, it } from 'vitest'
import type { GraphNodeView, Inspection } from '../../../src/contract'
import { makeI18n } from '../../../src/renderer/app/locale/i18n'
import type { LayerDiff } from '../../../src/renderer/features/diff/align'
import DiffTable from '../../../src/renderer/features/diff/DiffTable.vue'
import { LayerTable } from '../../../src/renderer/features/graph'

const node = (name: string, op: string, macs: number): GraphNodeView => ({
  name,
  op,
  inputs: [],
  outputs: [name],
  shapes: [['batch', 8, 4, 4]],
  attributes: {},
  macs,
  params: macs / 10,
  bytes: macs,
  groups: [],
})
const nodes = [node('first', 'Conv', 100), node('relu', 'Relu', 0), node('second', 'Conv', 300)]
const global = { plugins: [makeI18n()] }
const namesOf = (table: ReturnType<typeof mount>) => table.findAll('.as-link').map((button) => button.text())

it('the layers of a model are sorted by what costs most, filtered, and chosen', async () => {
  const inspection = { groups: [], macs: 400 } as unknown as Inspection
  const table = mount(LayerTable, { props: { nodes, inspection }, global })
  expect(namesOf(table)).toEqual(['first', 'relu', 'second'])
  expect(table.get('[role=table]').attributes('aria-rowcount')).toBe('4')
  const macs = table.findAll('[role=columnheader] button')[1]
  await macs?.trigger('click')
  expect(namesOf(table)).toEqual(['second', 'first', 'relu'])
  expect(table.findAll('.share .bar i').map((bar) => bar.attributes('style'))).toEqual(['width: 75%;', 'width: 25%;'])
  await table.get('input').setValue('conv')
  expect(namesOf(table)).toEqual(['second', 'first'])
  await table.get('.as-link').trigger('click')
  expect(table.emitted('select')).toEqual([['second']])
})

it('the layers of two networks are told apart, and only those that changed', async () => {
  const pair = (before: number, after: number) => ({ before, after })
  const layer = (name: string, state: LayerDiff['state'], before: number, after: number): LayerDiff => ({
    name,
    op: 'Conv',
    state,
    before: state === 'new' ? null : node(name, 'Conv', before),
    after: state === 'gone' ? null : node(name, 'Conv', after),
    width: pair(before, after),
    macs: pair(before, after),
    params: pair(before, after),
    bytes: pair(before, after),
  })
  const layers = [layer('whole', 'same', 16, 16), layer('thin', 'changed', 16, 4), layer('left', 'gone', 16, 0)]
  const table = mount(DiffTable, { props: { layers }, global })
  expect(namesOf(table)).toEqual(['whole', 'thin', 'left'])
  expect(table.findAll('.width .bar i').map((bar) => bar.attributes('style'))).toEqual([
    'width: 100%;',
    'width: 25%;',
    'width: 0%;',
  ])
  expect(table.findAll('.body > .gone')).toHaveLength(1)
  await table.get('input[type=checkbox]').setValue(true)
  expect(namesOf(table)).toEqual(['thin', 'left'])
})
