/** The page of a run: what its network takes stands beside what its files take. */
import { afterEach, expect, it, vi } from 'vitest'
import { makeWorld } from '../fake/world'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let mounted: Mounted | undefined
afterEach(() => mounted?.wrapper.unmount())

it('names what was timed, each on a line of its own', async () => {
  const world = makeWorld()
  const side = (median: number) => ({ median, low: median, high: median })
  const of = (before: number, after: number) => ({
    ...{ runtime: 'onnxruntime-node 1', batch: 1, rounds: 50 },
    ...{ before: side(before), after: side(after) },
  })
  world.runs = world.runs.map((run) =>
    run.id === 'r-22'
      ? { ...run, latency: { ...of(4, 2), of: 'network' as const, at: new Date(world.now).toISOString() } }
      : run,
  )
  const fake = createFakeClient({ world })
  const model = world.runs.find(({ id }) => id === 'r-22')?.resultModelId as string
  await fake.client.exports.create({ modelId: model, datasetId: null, formats: ['onnx'], precision: 'int8' })
  world.exports = world.exports.map((item) => ({ ...item, latency: [of(4, 1)] }))
  mounted = await mountApp('/p/p-sample/runs/r-22', fake)
  const { wrapper } = mounted
  const lines = () => wrapper.findAll('table tbody tr').map((line) => line.text())
  await vi.waitFor(() => expect(lines()).toHaveLength(2))
  expect(lines()[0]).toMatch(/^The network, timed .*2\.00×$/s)
  expect(lines()[1]).toMatch(/^ONNX file at int8, exported .*4\.00×$/s)
})

it('names a figure once that the network has from its file', async () => {
  const world = makeWorld()
  const side = (median: number) => ({ median, low: median, high: median })
  const of = (after: number) => ({
    ...{ runtime: 'onnxruntime-node 1', batch: 1, rounds: 50 },
    ...{ before: side(4), after: side(after) },
  })
  const at = new Date(world.now).toISOString()
  world.runs = world.runs.map((run) => (run.id === 'r-22' ? { ...run, latency: { ...of(2), of: 'file', at } } : run))
  const fake = createFakeClient({ world })
  const model = world.runs.find(({ id }) => id === 'r-22')?.resultModelId as string
  await fake.client.exports.create({ modelId: model, datasetId: null, formats: ['onnx'], precision: 'fp32' })
  await fake.client.exports.create({ modelId: model, datasetId: null, formats: ['onnx'], precision: 'int8' })
  world.exports = world.exports.map((item) => ({ ...item, latency: [of(item.precision === 'int8' ? 1 : 2)] }))
  mounted = await mountApp('/p/p-sample/runs/r-22', fake)
  const { wrapper } = mounted
  const lines = () => wrapper.findAll('table tbody tr').map((line) => line.text())
  await vi.waitFor(() => expect(lines()).toHaveLength(2))
  expect(lines()[0]).toMatch(/^ONNX file, exported .*2\.00×$/s)
  expect(lines()[1]).toMatch(/^ONNX file at int8, exported .*4\.00×$/s)
})
