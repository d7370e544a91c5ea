/** One piece of work, open in as many workers as need it. */
import { EspalierError, fromErrorReport } from '../../../contract/errors'
import { type Piece, type WorkerAnswer, WorkerEnded, type WorkerPool } from './protocol'

/** Work that has ended so many workers is given up. */
const ATTEMPTS = 3

let count = 0

export class Crew<Setup, Input, Output> {
  private readonly id = ++count
  /** Generation of each worker in which the piece was opened. */
  private readonly opened = new Map<number, { readonly generation: number; readonly ready: Promise<WorkerAnswer> }>()
  /** Parts that each worker has to do. */
  private readonly waiting: number[]
  /** Those that wait for a free worker. */
  private readonly queue: (() => void)[] = []
  private disposed = false

  /** @param setup plain data, cloned to every worker that is needed; what is in shared memory is shared */
  constructor(
    private readonly piece: Piece<Setup, Input, Output>,
    private readonly setup: Setup,
    private readonly workers: WorkerPool,
  ) {
    this.waiting = Array.from({ length: workers.size }, () => 0)
  }

  /** Answers one part on the least busy worker, on another one where it ends. @throws ENGINE_CRASHED */
  async run(input: Input): Promise<Output> {
    for (let attempt = 1; ; attempt++) {
      const worker = this.leastBusy()
      this.occupy(worker, 1)
      try {
        return await this.call(worker, input)
      } catch (error) {
        this.requireAnother(error, attempt)
      } finally {
        this.occupy(worker, -1)
      }
    }
  }

  /**
   * Several calls that belong together, in order, to one worker, which does nothing else of this crew meanwhile; begins when
   * one is free. Where it ends, all of them are made again: `work` must have no effect before it returns.
   * @throws what `work` throws, ENGINE_CRASHED when workers keep ending
   */
  async onOne<T>(work: (call: (input: Input) => Promise<Output>) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      while (this.waiting.every((busy) => busy > 0)) await new Promise<void>((resolve) => this.queue.push(resolve))
      const worker = this.leastBusy()
      this.occupy(worker, 1)
      try {
        return await work(this.sameWorker(worker))
      } catch (error) {
        this.requireAnother(error, attempt)
      } finally {
        this.occupy(worker, -1)
        this.queue.shift()?.()
      }
    }
  }

  private leastBusy(): number {
    return this.waiting.indexOf(Math.min(...this.waiting))
  }

  private occupy(worker: number, by: number): void {
    this.waiting[worker] = (this.waiting[worker] as number) + by
  }

  /** Calls to a worker as long as it is the same one, which holds what earlier calls left in it. */
  private sameWorker(worker: number): (input: Input) => Promise<Output> {
    const generation = this.workers.generation(worker)
    return async (input) => {
      if (this.workers.generation(worker) !== generation) throw new WorkerEnded('The worker was replaced.')
      return this.call(worker, input)
    }
  }

  /**
   * One part a worker, all at the same time, so that they may wait for one another. Where a worker ends, all of them are
   * run again.
   * @param begin the parts of an attempt
   * @param left a part will not go on, so that nobody must wait for it
   * @throws the first error of a part, ENGINE_CRASHED when workers keep ending
   */
  async together(begin: () => readonly Input[], left: (part: number) => void): Promise<Output[]> {
    for (let attempt = 1; ; attempt++) {
      const errors: unknown[] = []
      const answers = await Promise.all(
        begin().map((input, part) =>
          this.call(part, input).catch((error: unknown) => {
            errors.push(error)
            left(part)
            return null
          }),
        ),
      )
      if (errors.length === 0) return answers as Output[]
      this.requireAnother(errors.find((error) => error instanceof WorkerEnded) ?? errors[0], attempt)
    }
  }

  /** Throws the error, unless a worker ended and the work may be tried again. */
  private requireAnother(error: unknown, attempt: number): void {
    if (!(error instanceof WorkerEnded)) throw error
    if (attempt < ATTEMPTS) return
    throw new EspalierError(
      'ENGINE_CRASHED',
      `${ATTEMPTS} workers ended while they ran one batch, so it is not tried again. Choose a smaller batch; this machine may lack the memory.`,
      error,
    )
  }

  private async call(worker: number, input: Input): Promise<Output> {
    // Whoever is told late that the work was called off must not begin it anew.
    if (this.disposed) throw new EspalierError('INTERNAL', 'A part of some work was asked for after its end.')
    // Both are posted at once: a worker answers in order.
    const ready = this.open(worker)
    const answer = this.workers.call(worker, { kind: 'run', id: this.id, input })
    answer.catch(() => {})
    resultOf(await ready)
    const result = resultOf(await answer)
    if (result.kind === 'result') return result.value as Output
    throw new EspalierError('INTERNAL', 'A worker answered a part of its work without a result.')
  }

  private open(worker: number): Promise<WorkerAnswer> {
    const generation = this.workers.generation(worker)
    const known = this.opened.get(worker)
    if (known?.generation === generation) return known.ready
    const ready = this.workers.call(worker, {
      kind: 'open',
      id: this.id,
      piece: this.piece.name,
      setup: this.setup,
    })
    ready.catch(() => {})
    this.opened.set(worker, { generation, ready })
    return ready
  }

  dispose(): void {
    this.disposed = true
    for (const [worker, { generation }] of this.opened) {
      if (this.workers.generation(worker) !== generation) continue
      // A worker that has ended holds nothing any more.
      this.workers.call(worker, { kind: 'close', id: this.id }).catch(() => {})
    }
    this.opened.clear()
  }
}

function resultOf(answer: WorkerAnswer): WorkerAnswer {
  if (answer.kind === 'failed') throw fromErrorReport(answer.report)
  return answer
}
