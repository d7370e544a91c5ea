import fc from 'fast-check'
import { expect, it } from 'vitest'
import type { HostTensor } from '../../../../src/engine/runtime/types'
import { withFixedBatch } from '../../../../src/main/engine/proof/fixed-batch'

it('answers any number of samples like a network without a fixed batch', async () => {
  const double = async (feed: ReadonlyMap<string, HostTensor>, batch: number) => {
    const { dims, data } = feed.get('x') as HostTensor
    expect(dims).toEqual([batch, 3])
    return new Map([['y', { dims, data: Float32Array.from(data, (value) => 2 * value) }]])
  }
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 4 }), async (count, batch) => {
      const data = Float32Array.from({ length: count * 3 }, (_, i) => i)
      const run = withFixedBatch((feed) => double(feed, batch), batch)
      const outputs = await run(new Map([['x', { dims: [count, 3], data }]]))
      expect(outputs).toEqual(new Map([['y', { dims: [count, 3], data: data.map((value) => 2 * value) }]]))
    }),
  )
})
