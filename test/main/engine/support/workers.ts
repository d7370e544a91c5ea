/** Real worker threads for tests, and pools that misbehave. */
import { createRequire } from 'node:module'
import { dirname, join, sep } from 'node:path'
import { afterAll, beforeAll } from 'vitest'
import type { WorkerPool, WorkerRequest } from '../../../../src/engine/runtime'
import { useWorkers } from '../../../../src/engine/runtime/parallel'
import { type ThreadPool, threadPool } from '../../../../src/main/engine/thread-pool'
import { bundle } from '../../support/bundle'

const require = createRequire(import.meta.url)
const wasmPath = join(dirname(require.resolve('@tensorflow/tfjs-backend-wasm/package.json')), 'dist') + sep

/** Pools of threads that run the product's own worker, stopped after the file's tests. */
export function workerPools(): (size: number) => ThreadPool {
  let entry: string
  const pools: ThreadPool[] = []
  beforeAll(async () => {
    entry = await bundle('src/main/engine/worker.ts')
  })
  afterAll(async () => {
    useWorkers(null)
    await Promise.all(pools.map((pool) => pool.stop()))
  })
  return (size) => {
    const made = threadPool(entry, { wasmPath }, size)
    pools.push(made)
    return made
  }
}

/** All threads of the pool end after these requests to run something, counted from 1, were posted. */
export function endingAt(threads: ThreadPool, runs: (run: number) => boolean): WorkerPool {
  let count = 0
  return {
    ...threads,
    call(worker: number, request: WorkerRequest) {
      const answer = threads.call(worker, request)
      if (request.kind === 'run' && runs(++count)) void threads.stop()
      return answer
    },
  }
}
