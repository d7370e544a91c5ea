/** How many samples are computed at once, so that a network of large pictures does not end for want of memory. */
import type { Graph } from '../graph/graph'
import { sizeOf } from '../graph/tensor'
import { oneSample } from '../ops/shapes'

/** What the values of all operators may take together, as where gradients need them. */
const MOST_BYTES = 2 ** 30

/** Fewer are not worth the calls. */
const FEWEST = 8

/** float32 values that all operators give for one sample, at the declared extents; what no shape is known of counts nothing. */
const numbersOf = (graph: Graph): number => {
  let numbers = 0
  for (const { outputs } of graph.nodes) {
    for (const output of outputs) {
      const shape = output === '' ? undefined : graph.info(output)?.shape
      if (shape) numbers += sizeOf(oneSample(shape))
    }
  }
  return numbers
}

/**
 * As many as wanted, or so many that the network's feature maps take about so many bytes (default 1 GiB), at least 8. It follows from the network
 * alone, so that every machine computes the same.
 * @param graph with inferred shapes
 */
export function samplesAtOnce(graph: Graph, wanted: number, bytes = MOST_BYTES): number {
  const fitting = Math.floor(bytes / (4 * Math.max(1, numbersOf(graph))))
  return Math.min(wanted, Math.max(FEWEST, fitting))
}
