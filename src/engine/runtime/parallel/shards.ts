/** Batches cut into shards, and whether a network answers for a shard what it answers for the batch. */
import type { Graph } from '../../graph/graph'
import { createSession } from '../session'
import type { Feed, HostTensor } from '../types'

/** Fewer samples are not worth a thread. */
const FEWEST = 4
/** Samples on which independence is tried. */
const TRIED = 8
/** Difference of answers, relative to the largest, that rounding may make. */
const ROUNDING = 1e-3

/** First and last sample (exclusive) of each shard: as even as can be, at most as many as there are workers. */
export function shardsOf(samples: number, workers: number): readonly (readonly [number, number])[] {
  const count = Math.max(1, Math.min(workers, Math.floor(samples / FEWEST)))
  const at = (i: number) => Math.round((i * samples) / count)
  return Array.from({ length: count }, (_, i) => [at(i), at(i + 1)] as const)
}

/** Samples of a feed; undefined where its arrays do not agree about it. */
export function samplesOf(feed: Feed): number | undefined {
  const counts = new Set([...feed.values()].map(({ dims }) => dims[0]))
  return counts.size === 1 ? [...counts][0] : undefined
}

/** Rows of an array as one of its own. */
export function rowsOf({ dims, data }: HostTensor, from: number, to: number): HostTensor {
  const width = data.length / (dims[0] as number)
  return { dims: [to - from, ...dims.slice(1)], data: data.slice(from * width, to * width) }
}

export const shardOf = (feed: Feed, from: number, to: number): Feed =>
  new Map([...feed].map(([name, array]) => [name, rowsOf(array, from, to)]))

/**
 * Whether samples do not see one another: a network whose operators mix them, or that is bound to a number of samples, has
 * other gradients for a shard. It is tried, since a reshape may hide it; BatchNorm stands on its running statistics here.
 * @param feed some samples
 */
export async function isIndependent(graph: Graph, feed: Feed): Promise<boolean> {
  const samples = Math.min(TRIED, samplesOf(feed) ?? 0)
  if (samples < 2 || graph.inputs.some(({ shape }) => typeof shape?.[0] === 'number')) return false
  const session = createSession(graph, { fuse: true })
  try {
    const half = samples >> 1
    const whole = await session.run(shardOf(feed, 0, samples))
    const parts = [await session.run(shardOf(feed, 0, half)), await session.run(shardOf(feed, half, samples))]
    return [...whole].every(([name, { data }]) => {
      const joined = parts.flatMap((part) => [...(part.get(name)?.data ?? [])])
      const largest = Float32Array.from(data).reduce((most, value) => Math.max(most, Math.abs(value)), 0)
      return (
        joined.length === data.length &&
        joined.every((value, i) => Math.abs(value - (data[i] as number)) <= ROUNDING * largest)
      )
    })
  } finally {
    session.dispose()
  }
}
