/** A whole run on worker threads: the decision of one thread, and a network as good. */
import { beforeAll, describe, expect, it } from 'vitest'
import type { Graph } from '../../../src/engine/graph/graph'
import { compress } from '../../../src/engine/pipeline'
import { initBackend, memoryUse, type WorkerPool } from '../../../src/engine/runtime'
import { useWorkers } from '../../../src/engine/runtime/parallel'
import { toyConfig, toyData, toyNetwork, watched } from '../../engine/support/toy'
import { workerPools } from './support/workers'

const pool = workerPools()
const data = toyData({ train: 600, test: 100 })
let graph: Graph

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
  graph = await toyNetwork()
}, 300_000)

async function run(workers: WorkerPool | null) {
  useWorkers(workers, 0)
  const config = toyConfig({
    strategy: 'result-oriented',
    goal: { kind: 'keep-macs', value: 0.5 },
    // Several batches, so that there is something to share.
    batch: 32,
    refit: 'sequential',
    finetune: { epochs: 1, samples: 120, learningRate: 0.01, distill: true },
  })
  try {
    return await compress({ graph, data, config }, watched())
  } finally {
    useWorkers(null)
  }
}

/** The pieces of work that a pool was asked to do. */
function noted(threads: WorkerPool): { readonly pieces: Set<string>; readonly workers: WorkerPool } {
  const pieces = new Set<string>()
  return {
    pieces,
    workers: {
      ...threads,
      call(worker, request) {
        if (request.kind === 'open') pieces.add(request.piece)
        return threads.call(worker, request)
      },
    },
  }
}

describe('a run on all cores', () => {
  it('decides as one thread does and ends as near to the original', async () => {
    const alone = await run(null)
    const before = memoryUse()
    const { pieces, workers } = noted(pool(2))
    const shared = await run(workers)
    expect(memoryUse()).toEqual(before)
    expect([...pieces].sort()).toEqual([
      'gradients of the result',
      'network',
      'observation',
      'refit of a plan',
      'training',
      'trial of a refit',
    ])
    expect(shared.trace.steps).toEqual(alone.trace.steps)
    expect(shared.result.result.kl).toBeCloseTo(alone.result.result.kl, 2)
  }, 300_000)
})
