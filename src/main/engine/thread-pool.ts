/** Threads that compute on WASM side by side, each with a backend of its own: one a core, started when first needed. */
import { Worker } from 'node:worker_threads'
import { type WorkerAnswer, WorkerEnded, type WorkerPool, type WorkerRequest } from '../../engine/runtime'
import { builtEntry } from './built-entry'
import { coreCount } from './cores'

/** Every one holds its networks on a heap of its own. */
const MOST = 16

interface Waiting {
  resolve(answer: WorkerAnswer): void
  reject(error: Error): void
}

/** One place of the pool: a thread, and the next one after it ended. */
class Place {
  generation = 0
  private thread: Worker | null = null
  private waiting: Waiting[] = []

  constructor(
    private readonly entry: string,
    private readonly data: unknown,
  ) {}

  call(request: WorkerRequest): Promise<WorkerAnswer> {
    const thread = this.thread ?? this.start()
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject })
      // A pool at rest keeps no process alive.
      thread.ref()
      thread.postMessage(request)
    })
  }

  private start(): Worker {
    const thread = new Worker(this.entry, { workerData: this.data })
    this.thread = thread
    thread.on('message', (answer: WorkerAnswer) => {
      this.waiting.shift()?.resolve(answer)
      if (this.waiting.length === 0) thread.unref()
    })
    // What ended it is told by the exit that follows.
    let cause: unknown
    thread.on('error', (error) => {
      cause = error
    })
    thread.once('exit', (code) => {
      this.thread = null
      this.generation++
      const ended = new WorkerEnded(`A worker ended with code ${code}.`, { cause })
      for (const { reject } of this.waiting.splice(0)) reject(ended)
    })
    return thread
  }

  async stop(): Promise<void> {
    await this.thread?.terminate()
  }
}

export interface ThreadPool extends WorkerPool {
  /** Ends all threads; the next call starts new ones. */
  stop(): Promise<void>
}

export function threadPool(entry: string, data: unknown, size: number): ThreadPool {
  const places = Array.from({ length: size }, () => new Place(entry, data))
  return {
    size,
    generation: (worker) => places[worker]?.generation ?? 0,
    call: (worker, request) => (places[worker] as Place).call(request),
    stop: async () => {
      await Promise.all(places.map((place) => place.stop()))
    },
  }
}

let pool: ThreadPool | null = null

/**
 * The process's own pool; null on one core, without a build, or where ESPALIER_WORKERS is 1. ESPALIER_WORKERS sets how
 * many there are; results do not depend on it.
 */
export function workersFor(wasmPath: string): WorkerPool | null {
  const entry = builtEntry('engine-worker')
  const size = Math.min(MOST, coreCount())
  if (!entry || size < 2) return null
  pool ??= threadPool(entry, { wasmPath }, size)
  return pool
}
