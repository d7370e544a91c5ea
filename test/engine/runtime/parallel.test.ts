/** When workers are used, how batches are cut, and how much is asked for at once. */
import { afterAll, describe, expect, it } from 'vitest'
import {
  batchesAhead,
  inOrder,
  readyWorkers,
  useWorkers,
  type WorkerPool,
  workersFor,
} from '../../../src/engine/runtime/parallel'
import { shardOf, shardsOf } from '../../../src/engine/runtime/parallel/shards'
import {
  layoutOfNumbers,
  numbersIn,
  numbersMemory,
  sumOfCopies,
} from '../../../src/engine/runtime/parallel/shared-numbers'

const poolOf = (size: number): WorkerPool => ({
  size,
  generation: () => 0,
  call: () => Promise.reject(new Error('not called')),
})

describe('workers', () => {
  afterAll(() => useWorkers(null))

  it('are used from an amount of work on that the clock does not decide', () => {
    const pool = poolOf(3)
    useWorkers(pool)
    expect(workersFor(1e9)).toBeNull()
    expect(workersFor(1e11)).toBe(pool)
    useWorkers(pool, 0)
    expect(workersFor(0)).toBe(pool)
    expect(readyWorkers()).toBe(pool)
    expect(batchesAhead()).toBe(6)
  })

  it('are not used where there is one', () => {
    useWorkers(poolOf(1), 0)
    expect(workersFor(1e12)).toBeNull()
    expect(readyWorkers()).toBeNull()
    expect(batchesAhead()).toBe(1)
  })
})

describe('shards', () => {
  it('are as even as can be, of at least four samples, and no more than workers', () => {
    expect(shardsOf(64, 2)).toEqual([
      [0, 32],
      [32, 64],
    ])
    expect(shardsOf(13, 8).map(([from, to]) => to - from)).toEqual([4, 5, 4])
    expect(shardsOf(3, 2)).toEqual([[0, 3]])
  })

  it('hold the rows of every array', () => {
    const feed = new Map([
      ['a', { dims: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) }],
      ['b', { dims: [3], data: Int32Array.of(7, 8, 9) }],
    ])
    expect(shardOf(feed, 1, 3)).toEqual(
      new Map([
        ['a', { dims: [2, 2], data: Float32Array.of(2, 3, 4, 5) }],
        ['b', { dims: [2], data: Int32Array.of(8, 9) }],
      ]),
    )
  })
})

describe('shared numbers', () => {
  it('are summed over the first copies', () => {
    const layout = layoutOfNumbers([
      { name: 'w', length: 2 },
      { name: 'b', length: 1 },
    ])
    const memory = numbersMemory(layout, 3)
    for (const copy of [0, 1, 2]) {
      numbersIn(layout, memory, copy)
        .get('w')
        ?.set([copy + 1, 10])
      numbersIn(layout, memory, copy)
        .get('b')
        ?.set([2 ** copy])
    }
    expect(sumOfCopies(layout, memory, 2)).toEqual(
      new Map([
        ['w', Float32Array.of(3, 20)],
        ['b', Float32Array.of(3)],
      ]),
    )
  })
})

describe('parts in order', () => {
  it('are begun only when there is room, and come in order though later ones are ready before', async () => {
    let [under, most, read] = [0, 0, 0]
    const readWhenTaken: number[] = []
    function* source() {
      for (let part = 0; part < 9; part++) {
        read++
        yield part
      }
    }
    const answer = async (part: number) => {
      most = Math.max(most, ++under)
      for (let turn = 0; turn < 20 - part; turn++) await Promise.resolve()
      under--
      return 10 * part
    }
    const taken: number[] = []
    for await (const [part, result] of inOrder(source(), answer, () => 3)) {
      expect(result).toBe(10 * part)
      taken.push(part)
      readWhenTaken.push(read)
    }
    expect(most).toBe(3)
    expect(taken).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8])
    expect(readWhenTaken).toEqual([3, 4, 5, 6, 7, 8, 9, 9, 9])
  })
})
