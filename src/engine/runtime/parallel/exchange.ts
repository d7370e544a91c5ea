/**
 * Numbers that the parts of one batch tell each other while they are computed at the same time, each on a thread of its
 * own: a thread waits until all the others have said theirs.
 */
import { EspalierError } from '../../../contract/errors'

/** In shared memory: the round each part has reached, and two rounds of numbers, float64 [2, parts, floats]. */
export interface ExchangeMemory {
  readonly parts: number
  /** Numbers that a part may say in a round. */
  readonly floats: number
  readonly rounds: SharedArrayBuffer
  readonly numbers: SharedArrayBuffer
}

/** Round of a part that will not go on. */
const LEFT = -1

export const exchangeMemory = (parts: number, floats: number): ExchangeMemory => ({
  parts,
  floats,
  rounds: new SharedArrayBuffer(4 * parts),
  numbers: new SharedArrayBuffer(8 * 2 * parts * floats),
})

/** Before any part begins. */
export function beginExchange({ rounds }: ExchangeMemory): void {
  new Int32Array(rounds).fill(0)
}

/** Nobody waits for this part any more. */
export function leaveExchange({ rounds }: ExchangeMemory, part: number): void {
  const reached = new Int32Array(rounds)
  Atomics.store(reached, part, LEFT)
  Atomics.notify(reached, part)
}

/** One part's side, for one batch. */
export class Exchange {
  private round = 0
  private readonly reached: Int32Array<SharedArrayBuffer>
  private readonly numbers: Float64Array

  /** @param parts how many take part in this batch */
  constructor(
    private readonly memory: ExchangeMemory,
    private readonly part: number,
    private readonly parts: number,
  ) {
    this.reached = new Int32Array(memory.rounds)
    this.numbers = new Float64Array(memory.numbers)
  }

  /**
   * What every part says in this round, in their order; all say as many numbers. Blocks the thread until they have.
   * @throws INTERNAL when another part does not go on, so that there is nothing to wait for
   */
  gather(own: ArrayLike<number>): Float64Array[] {
    this.round++
    this.slot(this.part).set(own)
    Atomics.store(this.reached, this.part, this.round)
    Atomics.notify(this.reached, this.part)
    return Array.from({ length: this.parts }, (_, part) => {
      this.await(part)
      return this.slot(part).slice(0, own.length)
    })
  }

  /** Two rounds have places of their own: nobody is two rounds ahead of a part that still reads. */
  private slot(part: number): Float64Array {
    const { parts, floats } = this.memory
    const from = ((this.round % 2) * parts + part) * floats
    return this.numbers.subarray(from, from + floats)
  }

  private await(part: number): void {
    for (;;) {
      const reached = Atomics.load(this.reached, part)
      if (reached === LEFT) throw new EspalierError('INTERNAL', 'Another part of the batch failed.')
      if (reached >= this.round) return
      Atomics.wait(this.reached, part, reached)
    }
  }
}
