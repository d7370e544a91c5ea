/** The masked form of a plan: same shapes, but the consumers' columns of the removed units are zero. */
import type { Binding, Coupling, PruningPlan } from '../coupling/index'
import { attributes, type Dim, type Graph, type GraphNode, int } from '../graph/graph'
import { int64, sizeOf, type TensorData, takeAlong } from '../graph/tensor'
import { findOp } from '../ops/index'
import { inferShapes, shapeOf } from '../ops/infer'
import { oneSample } from '../ops/shapes'
import { plannedValues, resizeNode } from './apply'
import { keptIndices } from './kept'

/** Zeroes slices along one axis of a float tensor. */
function zeroAlong(source: TensorData, axis: number, gone: (index: number) => boolean): TensorData {
  const inner = sizeOf(source.dims.slice(axis + 1))
  const extent = source.dims[axis] as number
  const data = source.data.slice() as Float32Array
  for (let i = 0; i < data.length; i++) if (gone(Math.floor(i / inner) % extent)) data[i] = 0
  return { ...source, data }
}

/** What names of values over the kept units end with: nothing in the graph is called so. */
function freeMark(graph: Graph): string {
  const names = [...graph.constants.keys(), ...graph.nodes.flatMap(({ outputs }) => outputs)]
  let mark = '/kept'
  while (names.some((name) => name.includes(mark))) mark += '_units'
  return mark
}

/**
 * The masked network, against which surgery is proven: pruned and masked compute the same result. (Zeroing producers
 * would not do: what a BatchNorm adds to a zero channel survives it.) Operators that mix units without a weight for
 * each (normalisation over the pruned axis, reductions, products of computed values) are computed over the kept units
 * between a Gather and a scatter back into zeros.
 */
export function maskPlan(graph: Graph, coupling: Coupling, plan: PruningPlan): Graph {
  const { removed } = plan
  const constants = new Map(graph.constants)
  const own = new Map<string, Binding[]>()
  for (const binding of coupling.bindings) {
    const list = own.get(binding.node.name)
    if (list) list.push(binding)
    else own.set(binding.node.name, [binding])
    if (binding.role !== 'consumer') continue
    const weight = constants.get(binding.constant) as TensorData
    constants.set(
      binding.constant,
      zeroAlong(weight, binding.axis, (index) => removed[binding.units[index] as number] === 1),
    )
  }
  const { keptOf, shapes } = plannedValues(graph, coupling, removed)
  const nodes: GraphNode[] = []
  const gathered = new Set<string>()
  const mark = freeMark(graph)
  const emit = (op: string, inputs: readonly string[], output: string, axis?: number) =>
    nodes.push({
      name: `${output} (masked ${nodes.length})`,
      op,
      domain: '',
      inputs,
      outputs: [output],
      attributes: attributes(axis === undefined ? {} : { axis: int(axis) }),
    })

  /** The kept units of a value, made once. */
  const gather = (value: string): string => {
    const kept = keptOf.get(value)
    if (!kept) return value
    const result = `${value}${mark}`
    if (gathered.has(value)) return result
    gathered.add(value)
    let at = value
    for (const [k, [axis, indices]] of [...kept].entries()) {
      const last = k === kept.size - 1
      const next = last ? result : `${result}/${axis}`
      constants.set(`${result}/${axis}/indices`, int64([indices.length], indices))
      emit('Gather', [at, `${result}/${axis}/indices`], next, axis)
      at = next
    }
    return result
  }

  /** The kept units back in their places, zeros in the others. */
  const scatter = (from: string, value: string) => {
    const kept = [...(keptOf.get(value) as Map<number, number[]>)]
    const rank = shapeOf(graph, value).length
    let at = from
    kept.forEach(([axis, indices], k) => {
      const base = `${value}/back/${axis}`
      const place = new Map(indices.map((original, now) => [original, now]))
      // An axis that folds the batch with units is taken for one sample.
      const [extent] = oneSample([shapeOf(graph, value)[axis] as Dim]) as [number]
      constants.set(
        `${base}/pads`,
        int64(
          [2 * rank],
          Array.from({ length: 2 * rank }, (_, i) => Number(i === rank + axis)),
        ),
      )
      constants.set(
        `${base}/indices`,
        int64(
          [extent],
          Array.from({ length: extent }, (_, i) => place.get(i) ?? indices.length),
        ),
      )
      emit('Pad', [at, `${base}/pads`], `${base}/padded`)
      const next = k === kept.length - 1 ? value : base
      emit('Gather', [`${base}/padded`, `${base}/indices`], next, axis)
      at = next
    })
  }

  for (const node of graph.nodes) {
    const constant = (i: number) => graph.constants.get(node.inputs[i] ?? '')
    const touched = [...node.inputs, ...node.outputs].some((name) => keptOf.has(name))
    if (!touched || !findOp(node.op, node.domain)?.mixes?.({ node, constant })) {
      nodes.push(node)
      continue
    }
    const inputs = node.inputs.map((name, i) => {
      if (!graph.constants.has(name)) return gather(name)
      let data = graph.constants.get(name) as TensorData
      for (const { constant: bound, axis, units } of own.get(node.name) ?? []) {
        const kept = bound === name ? keptIndices(units, removed) : null
        if (kept) data = takeAlong(data, axis, kept)
      }
      if (data === graph.constants.get(name)) return name
      constants.set(`${node.name}${mark}/${i}`, data)
      return `${node.name}${mark}/${i}`
    })
    const newShape = (name: string) => shapes.get(name) ?? constants.get(name)?.dims ?? shapeOf(graph, name)
    const resized = resizeNode(graph, node, constants, keptOf, newShape)
    const outputs = node.outputs.map((name) => (keptOf.has(name) ? `${name}${mark}` : name))
    nodes.push({
      ...resized,
      inputs: resized.inputs.map((name, i) => (name === node.inputs[i] ? (inputs[i] as string) : name)),
      outputs,
    })
    node.outputs.forEach((name, o) => {
      if (!keptOf.has(name)) return
      gathered.add(name)
      scatter(outputs[o] as string, name)
    })
  }
  return inferShapes(graph.with({ nodes, constants, values: new Map() }))
}
