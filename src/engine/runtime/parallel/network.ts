/**
 * A network that answers batches: on this thread, or spread over workers where there are some and the work is worth
 * their start. Every batch is computed alone, so the answers are the same bytes whoever computes them.
 */
import { EspalierError, fromErrorReport } from '../../../contract/errors'
import type { Graph } from '../../graph/graph'
import { createSession } from '../session'
import type { Feed, HostTensor, Session } from '../types'
import { type WorkerAnswer, WorkerEnded, type WorkerPool } from './protocol'

export interface Network {
  /** All outputs on the host, in ONNX layout. @throws as `Session.run`, ENGINE_CRASHED when workers keep ending */
  run(feed: Feed): Promise<ReadonlyMap<string, HostTensor>>
  dispose(): void
}

/** Milliseconds of computing on this thread after which workers are started: about what their start costs. */
const WORTH_MS = 1500
/** A batch that has ended so many workers is given up. */
const ATTEMPTS = 3

/** The workers of this process; null: this thread alone. */
let pool: WorkerPool | null = null
let worthMs = WORTH_MS
let spentMs = 0
let count = 0

/**
 * Called once the backend is known; null where it uses all cores by itself.
 * @param after milliseconds of computing on this thread before the workers are started.
 */
export function useWorkers(workers: WorkerPool | null, after = WORTH_MS): void {
  worthMs = after
  pool = workers && workers.size > 1 ? workers : null
}

const isShared = (): boolean => pool !== null && spentMs >= worthMs

/** Batches that should be asked for at once, so that nobody waits: one in each worker and one queued behind it. */
export const batchesAhead = (): number => (pool && isShared() ? 2 * pool.size : 1)

/** On this thread until the workers are worth their start, then on them. */
class GrowingNetwork implements Network {
  private session: Session | null
  private shared: SharedNetwork | null = null

  constructor(private readonly graph: Graph) {
    this.session = createSession(graph, { fuse: true })
  }

  async run(feed: Feed): Promise<ReadonlyMap<string, HostTensor>> {
    if (pool && isShared()) {
      this.shared ??= new SharedNetwork(this.graph, pool)
      return this.shared.run(feed)
    }
    this.session ??= createSession(this.graph, { fuse: true })
    const started = performance.now()
    const outputs = await this.session.run(feed)
    spentMs += performance.now() - started
    return outputs
  }

  dispose(): void {
    this.session?.dispose()
    this.session = null
    this.shared?.dispose()
    this.shared = null
  }
}

class SharedNetwork {
  private readonly id = ++count
  /** Generation of each worker in which the network was opened. */
  private readonly opened = new Map<number, { readonly generation: number; readonly ready: Promise<WorkerAnswer> }>()
  private readonly waiting: number[]

  constructor(
    private readonly graph: Graph,
    private readonly workers: WorkerPool,
  ) {
    this.waiting = Array.from({ length: workers.size }, () => 0)
  }

  async run(feed: Feed): Promise<ReadonlyMap<string, HostTensor>> {
    for (let attempt = 1; ; attempt++) {
      const worker = this.waiting.indexOf(Math.min(...this.waiting))
      this.waiting[worker] = (this.waiting[worker] as number) + 1
      try {
        resultOf(await this.open(worker))
        const answer = resultOf(await this.workers.call(worker, { kind: 'run', network: this.id, feed }))
        if (answer.kind === 'outputs') return answer.outputs
        throw new EspalierError('INTERNAL', 'A worker answered a batch without outputs.')
      } catch (error) {
        if (!(error instanceof WorkerEnded)) throw error
        if (attempt === ATTEMPTS) {
          throw new EspalierError(
            'ENGINE_CRASHED',
            `${ATTEMPTS} workers ended while they ran one batch, so it is not tried again. Choose a smaller batch; this machine may lack the memory.`,
            error,
          )
        }
      } finally {
        this.waiting[worker] = (this.waiting[worker] as number) - 1
      }
    }
  }

  private open(worker: number): Promise<WorkerAnswer> {
    const generation = this.workers.generation(worker)
    const known = this.opened.get(worker)
    if (known?.generation === generation) return known.ready
    const { name, inputs, outputs, nodes, constants, values, opsets, metadata } = this.graph
    const parts = { name, inputs, outputs, nodes, constants, values, opsets, metadata }
    const ready = this.workers.call(worker, { kind: 'open', network: this.id, parts })
    this.opened.set(worker, { generation, ready })
    return ready
  }

  dispose(): void {
    for (const [worker, { generation }] of this.opened) {
      if (this.workers.generation(worker) !== generation) continue
      // A worker that has ended holds nothing any more.
      this.workers.call(worker, { kind: 'close', network: this.id }).catch(() => {})
    }
    this.opened.clear()
  }
}

function resultOf(answer: WorkerAnswer): WorkerAnswer {
  if (answer.kind === 'failed') throw fromErrorReport(answer.report)
  return answer
}

/** @throws MODEL_UNSUPPORTED_OPERATOR where the network cannot be run */
export const createNetwork = (graph: Graph): Network => new GrowingNetwork(graph)
