import { expect, it } from 'vitest'
import { measureLatency } from '../../../src/engine/evaluation/latency'

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
