import { expect, it } from 'vitest'
import { measureLatency, measureLatencyInTime, neverRising } from '../../../src/engine/evaluation/latency'

it('times calls in turn and leaves the warm-up out', async () => {
  let clock = 0
  const order: string[] = []
  const call = (name: string, cost: number) => async () => {
    order.push(name)
    clock += order.length <= 2 ? 1000 : cost
  }
  const [a, b] = await measureLatency([call('a', 3), call('b', 5)], { rounds: 4, warmup: 1, now: () => clock })
  expect(a).toEqual({ median: 3, low: 3, high: 3, runs: 4 })
  expect(b?.median).toBe(5)
  expect(order.join('')).toBe('ababababab')
})

it('takes fewer rounds of slow calls', async () => {
  let clock = 0
  const call = (cost: number) => async () => {
    clock += cost
  }
  const runs = async (cost: number) => (await measureLatencyInTime([call(cost)], () => clock))[0]?.runs
  expect(await runs(1)).toBe(50)
  expect(await runs(200)).toBe(20)
  expect(await runs(5000)).toBe(7)
})

it('takes the mean of neighbours that rise where they cannot', () => {
  expect(neverRising([9, 5, 7, 6, 2, 3])).toEqual([9, 6, 6, 6, 2.5, 2.5])
  expect(neverRising([4, 3, 2])).toEqual([4, 3, 2])
  expect(neverRising([])).toEqual([])
})
