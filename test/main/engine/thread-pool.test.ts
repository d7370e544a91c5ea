/** Networks spread over threads: the same bytes as on one thread, whoever computes them and whoever dies on the way. */

import { beforeAll, describe, expect, it } from 'vitest'
import type { Batch, Selection } from '../../../src/engine/data/types'
import { measure } from '../../../src/engine/evaluation'
import { createNetwork, type HostTensor, initBackend } from '../../../src/engine/runtime'
import { useWorkers } from '../../../src/engine/runtime/parallel'
import { batchOf, smallNetwork } from '../../engine/runtime/support/small-network'
import { endingAt, workerPools } from './support/workers'

const feeds = Array.from({ length: 12 }, (_, i) => batchOf(100 + i))

const pool = workerPools()

const answers = async (): Promise<Uint8Array[]> => {
  const network = createNetwork(smallNetwork())
  try {
    const outputs = await Promise.all(feeds.map((feed) => network.run(feed)))
    return outputs.map((output) => {
      const { data } = output.get('logits') as HostTensor
      return new Uint8Array(data.slice().buffer)
    })
  } finally {
    network.dispose()
  }
}

describe('worker threads', () => {
  let alone: Uint8Array[]
  beforeAll(async () => {
    await initBackend({ backend: 'wasm' })
    useWorkers(null)
    alone = await answers()
  })

  it.each([2, 3])('answers with the bytes of one thread: %i workers', async (size) => {
    useWorkers(pool(size), 0)
    expect(await answers()).toEqual(alone)
  })

  it('goes on where a worker ends in the middle of its work', async () => {
    const threads = pool(2)
    useWorkers(
      endingAt(threads, (run) => run === 5),
      0,
    )
    expect(await answers()).toEqual(alone)
    expect(threads.generation(0) + threads.generation(1)).toBeGreaterThan(0)
  })

  it('gives up a batch that ends every worker, with a code', async () => {
    const threads = pool(2)
    useWorkers(
      endingAt(threads, () => true),
      0,
    )
    const network = createNetwork(smallNetwork())
    await expect(network.run(feeds[0] as (typeof feeds)[number])).rejects.toMatchObject({ code: 'ENGINE_CRASHED' })
    network.dispose()
  })

  it('hands on what a network refuses', async () => {
    useWorkers(pool(2), 0)
    const network = createNetwork(smallNetwork())
    const wrong = new Map([['', { dims: [1, 1, 1, 1], data: new Float32Array(1) }]])
    await expect(network.run(wrong)).rejects.toMatchObject({ code: 'SHAPE_MISMATCH' })
    network.dispose()
  })

  it('asks for no more batches at once than keep the workers busy, and takes them in order', async () => {
    useWorkers(pool(2), 0)
    let running = 0
    let most = 0
    const started: number[] = []
    const taken: number[] = []
    const selection: Selection = {
      indices: Int32Array.from({ length: 20 }, (_, i) => i),
      table: {
        count: 20,
        labels: null,
        read: (indices): Batch => ({ count: indices.length, inputs: new Map(), labels: null }),
      },
    }
    await measure(
      async (_, index) => {
        most = Math.max(most, ++running)
        started.push(index)
        // Later batches are ready before earlier ones.
        for (let turn = 0; turn < 20 - index; turn++) await Promise.resolve()
        running--
        return { dims: [1, 2], data: Float32Array.of(index, 0) }
      },
      selection,
      {
        task: { kind: 'softmax', probabilities: false, metric: 'accuracy' },
        classes: 2,
        batch: 1,
        onBatch: (done) => void taken.push(done),
      },
    )
    expect(most).toBe(4)
    expect(started).toEqual([...selection.indices])
    expect(taken).toEqual(Array.from({ length: 20 }, (_, i) => i + 1))
  })
})
