/** Lets a network that is exported for one batch size answer any number of samples. */
import type { Feed, HostTensor } from '../../../engine/runtime/types'

type Run = (feed: Feed) => Promise<Map<string, HostTensor>>

/** Rows from..from+count of an array, filled up with zeros beyond its end. */
function rows({ dims, data }: HostTensor, from: number, count: number): HostTensor {
  const width = data.length / (dims[0] as number)
  const part = data instanceof Int32Array ? new Int32Array(count * width) : new Float32Array(count * width)
  part.set(data.subarray(from * width, (from + count) * width))
  return { dims: [count, ...dims.slice(1)], data: part }
}

/**
 * Wraps `run`, which takes exactly `batch` samples: the feed is cut into batches, the last one filled up with zeros,
 * and the answers to the real samples are put together again.
 */
export function withFixedBatch(run: Run, batch: number): Run {
  return async (feed) => {
    const count = [...feed.values()][0]?.dims[0] ?? 0
    if (count === batch) return run(feed)
    const parts = new Map<string, HostTensor[]>()
    for (let from = 0; from < count; from += batch) {
      const outputs = await run(new Map([...feed].map(([name, value]) => [name, rows(value, from, batch)])))
      for (const [name, value] of outputs) {
        const part = rows(value, 0, Math.min(batch, count - from))
        parts.set(name, [...(parts.get(name) ?? []), part])
      }
    }
    return new Map([...parts].map(([name, list]) => [name, joined(list)]))
  }
}

function joined(list: readonly HostTensor[]): HostTensor {
  const first = list[0] as HostTensor
  const length = list.reduce((sum, { data }) => sum + data.length, 0)
  const data = first.data instanceof Int32Array ? new Int32Array(length) : new Float32Array(length)
  let at = 0
  for (const part of list) {
    data.set(part.data, at)
    at += part.data.length
  }
  const count = list.reduce((sum, { dims }) => sum + (dims[0] as number), 0)
  return { dims: [count, ...first.dims.slice(1)], data }
}
