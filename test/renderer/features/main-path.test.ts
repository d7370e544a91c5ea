/** The main path in the page: compare strategies, rows at once, export with proof. */
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { Run } from '../../../src/contract'
import { type Mounted, mountApp } from '../mount'

// The canvas is ECharts' own affair; what it is given is tested beside the points.
vi.mock('../../../src/renderer/features/tradeoff/TradeoffChart.vue', () => ({
  __esModule: true,
  default: { template: '<div class="chart-stand-in" />' },
}))

let mounted: Mounted
afterEach(() => mounted.wrapper.unmount())

const button = (text: string) => {
  const found = mounted.wrapper.findAll('button').find((candidate) => candidate.text().includes(text))
  if (!found) throw new Error(`There is no button "${text}".`)
  return found
}

describe('the main path', () => {
  it('queues eight runs with one button and shows their rows', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    const before = mounted.fake.world.runs.length
    await button('Compare strategies').trigger('click')
    await mounted.settle()
    expect(mounted.fake.world.runs).toHaveLength(before + 8)
    expect(mounted.wrapper.find('[role=grid]').attributes('aria-rowcount')).toBe(String(before + 8 + 1))
    expect(mounted.wrapper.text()).toContain('8 runs queued')
  })

  it('says so where it cannot be queued, and queues nothing', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    mounted.fake.failNext('runs.start', 'STORE_BUSY', 'Another Espalier uses this data folder.')
    await button('Compare strategies').trigger('click')
    await mounted.settle()
    expect(mounted.wrapper.find('[role=alert]').text()).toContain('Another Espalier uses this data folder.')
    expect(mounted.wrapper.find('[role=alert]').text()).toContain('Close the other Espalier')
  })

  it('shows the progress of a run as it arrives', async () => {
    mounted = await mountApp('/p/p-sample/runs/r-30')
    const run = mounted.fake.world.runs.find((one) => one.id === 'r-30') as Run
    mounted.fake.emit({
      type: 'run-changed',
      run: { ...run, progress: { stage: 'verify', fraction: 0.87, detail: '' } },
    })
    await mounted.settle()
    await new Promise((resolve) => requestAnimationFrame(resolve))
    await mounted.settle()
    expect(mounted.wrapper.text()).toContain('Verifying on held-out data')
    expect(mounted.wrapper.find('[role=progressbar]').attributes('aria-valuenow')).toBe('87')
  })

  it('exports the chosen run in one click and shows the proof', async () => {
    mounted = await mountApp('/p/p-sample/exports?run=r-22')
    await mounted.wrapper.find('form').trigger('submit')
    await mounted.settle()
    const call = mounted.fake.calls.find((one) => one.name === 'exports.create')
    expect(call?.input).toMatchObject({
      modelId: 'm-r-22',
      datasetId: 'd-fashion',
      formats: ['onnx', 'tfjs'],
      precision: 'fp32',
    })
    expect(mounted.wrapper.findAll('.proof')).toHaveLength(2)
    expect(mounted.wrapper.text()).toContain('onnxruntime-node 1.30.0')
  })

  it('stores weights smaller where the formats allow it', async () => {
    mounted = await mountApp('/p/p-sample/exports?run=r-22')
    const choice = (value: string) => mounted.wrapper.find(`input[value=${value}]`)
    await choice('int8').setValue()
    expect(choice('keras').attributes('disabled')).toBeDefined()
    await mounted.wrapper.find('form').trigger('submit')
    await mounted.settle()
    const call = mounted.fake.calls.find((one) => one.name === 'exports.create')
    expect(call?.input).toMatchObject({ formats: ['onnx', 'tfjs'], precision: 'int8' })
    expect(mounted.wrapper.find('.proof').text()).toContain('within the rounding of int8')

    await choice('fp32').setValue()
    await choice('keras').setValue(true)
    expect(choice('fp16').attributes('disabled')).toBeDefined()
  })

  it('moves runs to the trash and brings them back', async () => {
    mounted = await mountApp('/p/p-sample/runs')
    const boxes = mounted.wrapper.findAll('[role=row] [role=gridcell] input[type=checkbox]')
    await boxes[0]?.trigger('click')
    await button('Move to trash').trigger('click')
    await mounted.settle()
    const gone = () => mounted.fake.world.runs.filter((run) => run.deletedAt !== null).length
    expect(gone()).toBe(1)
    await button('Undo').trigger('click')
    await mounted.settle()
    expect(gone()).toBe(0)
  })
})
