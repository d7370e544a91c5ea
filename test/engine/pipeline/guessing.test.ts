import { beforeAll, expect, it } from 'vitest'
import type { SampleTable } from '../../../src/engine/data/types'
import type { Graph } from '../../../src/engine/graph/graph'
import { compress } from '../../../src/engine/pipeline'
import { memoryStore, toyConfig, toyData, toyNetwork, watched } from '../support/toy'

let graph: Graph
const data = toyData({ train: 500, test: 100 })
const config = toyConfig({ goal: { kind: 'keep-macs', value: 0.5 }, strategy: 'l2', calibration: 64, refit: 'none' })

beforeAll(async () => {
  graph = await toyNetwork()
}, 120_000)

/** The labels of a data set whose classes stand in another order. */
function renamed(table: SampleTable, classes: number): SampleTable {
  const other = (labels: ArrayLike<number>) => Int32Array.from(labels, (label) => (label + 1) % classes)
  return {
    count: table.count,
    labels: other(table.labels as Int32Array),
    read(indices) {
      const batch = table.read(indices)
      return { ...batch, labels: other(batch.labels as Int32Array) }
    },
  }
}

it('says that a network is no better than guessing, as with labels in another order, and only then', async () => {
  const fitting = await compress({ graph, data, config }, watched(memoryStore()))
  expect(fitting.result.warnings.join()).not.toContain('guessing')
  const wrong = { ...data, train: renamed(data.train, 4), hash: 'renamed' }
  const hooks = watched(memoryStore())
  const { result } = await compress({ graph, data: wrong, config }, hooks)
  expect(result.warnings).toContainEqual(expect.stringMatching(/no better than guessing among 4 classes/))
  expect(hooks.logs).toContainEqual(expect.stringMatching(/^warning: .*guessing/))
})
