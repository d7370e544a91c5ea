/** Extents that a network leaves open besides the batch (the length of texts): known once data is fed. */
import type { Dim, Graph, Shape } from '../graph/graph'
import type { TensorData } from '../graph/tensor'
import type { Inferred } from '../ops/definition'
import { Inference } from '../ops/infer'
import type { Feed, LiveValues } from './types'

/** Names of the batch: what the first axes of the inputs are called. */
export const batchNames = (graph: Graph): ReadonlySet<Dim> =>
  new Set(graph.inputs.flatMap(({ shape }) => (typeof shape?.[0] === 'string' ? [shape[0]] : [])))

/** Whether a feed decides extents besides the batch. */
export function hasOpenExtents(graph: Graph): boolean {
  const batch = batchNames(graph)
  return graph.inputs.some(({ shape }) =>
    (shape ?? []).some((dim, i) => i > 0 && typeof dim === 'string' && !batch.has(dim)),
  )
}

/** The extents of a feed for every name that stands at an input. @param all the batch too, which is left out else */
export function openExtents(graph: Graph, feed: Feed, all = false): Map<string, number> {
  const batch = all ? new Set<Dim>() : batchNames(graph)
  const found = new Map<string, number>()
  for (const { name, shape } of graph.inputs) {
    const dims = (feed.get(name) ?? (graph.inputs.length === 1 ? feed.get('') : undefined))?.dims
    shape?.forEach((dim, axis) => {
      const extent = dims?.[axis]
      if ((all || axis > 0) && typeof dim === 'string' && !batch.has(dim) && extent !== undefined)
        found.set(dim, extent)
    })
  }
  return found
}

/** What an extent is where it shows only within a product with numbers: frames folded with the samples, `batch*5`. */
function factorOf(dim: string, seen: ReadonlyMap<Dim, number>): number | undefined {
  for (const [product, extent] of seen) {
    const factors = String(product).split('*')
    const others = factors.filter((factor) => factor !== dim)
    if (others.length !== factors.length - 1 || !others.every((factor) => /^\d+$/.test(factor))) continue
    return extent / others.reduce((whole, factor) => whole * Number(factor), 1)
  }
  return undefined
}

/** The same from values of a run. Names are listed in the order in which the inputs have them, so that maps compare. */
export function liveExtents(graph: Graph, values: LiveValues, all = false): Map<string, number> {
  const batch = all ? new Set<Dim>() : batchNames(graph)
  const seen = new Map<Dim, number>()
  for (const [name, { tensor, layout }] of values) {
    const { shape } = graph.info(name) ?? {}
    if (!shape || shape.length !== tensor.rank) continue
    const held =
      layout === 'nhwc' && shape.length > 2 ? [...shape.slice(0, 1), ...shape.slice(2), shape[1] as Dim] : shape
    held.forEach((dim, axis) => {
      if (typeof dim === 'string') seen.set(dim, tensor.shape[axis] as number)
    })
  }
  const found = new Map<string, number>()
  for (const dim of graph.inputs.flatMap(({ shape }) => shape ?? [])) {
    if (typeof dim !== 'string' || batch.has(dim)) continue
    const extent = seen.get(dim) ?? factorOf(dim, seen)
    if (extent !== undefined) found.set(dim, extent)
  }
  return found
}

/** The graph with these extents in place of their names. */
export function withExtents(graph: Graph, extents: ReadonlyMap<string, number>): Graph {
  const known = (shape: Shape | null | undefined) =>
    shape?.map((dim) => (typeof dim === 'string' ? (extents.get(dim) ?? dim) : dim))
  const inputs = graph.inputs.map((input) => {
    const shape = known(input.shape)
    return shape ? { ...input, shape } : input
  })
  const inference = new Inference(inputs, graph.constants)
  const constants = new Map(graph.constants)
  // What was computed from extents is known now: it becomes constants, as rules for operators want it.
  const nodes = graph.nodes.filter((node) => {
    inference.step(node)
    const [output = ''] = node.outputs
    const found = node.outputs.length === 1 && !graph.isOutput(output) ? inference.of(output) : undefined
    const data = found && constantOf(found)
    if (data) constants.set(output, data)
    return !data
  })
  return inference.result(graph.with({ inputs, nodes, constants })).graph
}

function constantOf({ dtype, shape, elements }: Inferred): TensorData | undefined {
  const numbers = elements?.filter((dim) => typeof dim === 'number')
  const dims = shape.filter((dim) => typeof dim === 'number')
  if (!numbers || numbers.length !== elements?.length || dims.length !== shape.length) return undefined
  if (dtype === 'bool') return { dtype, dims, data: Uint8Array.from(numbers) }
  return { dtype: 'int32', dims, data: Int32Array.from(numbers) }
}
