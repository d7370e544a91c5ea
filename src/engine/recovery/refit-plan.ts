/** What the sequential refit works on: which operators, in which order, and what has to be known at each of them. */
import type { Coupling, Layer, PruningPlan } from '../coupling/index'
import { type Graph, type GraphNode, numberAttribute } from '../graph/graph'
import { toFloat32 } from '../graph/tensor'
import { isRefittable } from '../statistics/index'

/** The other side of a residual addition, and how the operator's output enters it: scale x output. */
export interface Shortcut {
  readonly value: string
  /** Per kept output channel of the pruned operator; the scale of a BatchNorm on the way, 1 without one. */
  readonly scale: Float32Array
}

export interface RefitStep {
  readonly layer: Layer
  /** Original indices of the output channels that stay. */
  readonly kept: Int32Array
  readonly shortcut: Shortcut | null
}

/** Indices of a layer's output channels that stay. */
export const keptOutputs = (layer: Layer, plan: PruningPlan): Int32Array =>
  Int32Array.from([...layer.outputUnits.keys()].filter((i) => plan.removed[layer.outputUnits[i] as number] !== 1))

/** Values that a plan changes: something of them or of what they are computed from is gone. */
export function changedValues(graph: Graph, coupling: Coupling, plan: PruningPlan): ReadonlySet<string> {
  const changed = new Set<string>()
  for (const node of graph.nodes) {
    const before = node.inputs.some((input) => changed.has(input))
    for (const output of node.outputs) {
      const labels = coupling.values.get(output) ?? []
      if (before || labels.some(({ ids }) => ids.some((id) => plan.removed[id] === 1))) changed.add(output)
    }
  }
  return changed
}

/**
 * Linear operators whose input is changed by the plan, in topological order. Operators before the first removal keep
 * their weights: least squares would give back the same. So do operators that share their weight with another one.
 * @param original the network before surgery, on which `coupling` was analysed.
 */
export function refitSteps(original: Graph, pruned: Graph, coupling: Coupling, plan: PruningPlan): RefitStep[] {
  const changed = changedValues(original, coupling, plan)
  const place = new Map(original.nodes.map((node, i) => [node.name, i] as const))
  const steps: RefitStep[] = []
  for (const layer of coupling.layers) {
    if (!isRefittable(original, layer) || !changed.has(layer.input)) continue
    // Tied weights serve several places at once: fitting them to one would spoil the others.
    if (original.consumers(layer.weightName).length > 1) continue
    const kept = keptOutputs(layer, plan)
    const found = shortcutOf(pruned, layer, kept.length)
    const before = found ? (place.get(pruned.producer(found.value)?.name ?? '') ?? -1) : -1
    const ready = found !== null && before >= 0 && before < (place.get(layer.node.name) as number)
    steps.push({ layer, kept, shortcut: ready && changed.has(found.value) ? found : null })
  }
  return steps.sort((a, b) => (place.get(a.layer.node.name) as number) - (place.get(b.layer.node.name) as number))
}

const passing = new Set(['Identity', 'Dropout'])

/** Follows the operator's output through BatchNorm to an addition of two computed values of the same shape. */
export function shortcutOf(graph: Graph, layer: Layer, outputs: number): Shortcut | null {
  let value = graph.node(layer.node.name).outputs[0] as string
  const scale = new Float32Array(outputs).fill(1)
  for (;;) {
    const readers = graph.consumers(value)
    if (readers.length !== 1 || graph.isOutput(value)) return null
    const node = readers[0] as GraphNode
    if (node.op === 'Add') {
      const other = node.inputs.find((input) => input !== value)
      if (other === undefined || graph.constants.has(other)) return null
      const shape = graph.info(value)?.shape
      const otherShape = graph.info(other)?.shape
      return shape && otherShape && shape.join() === otherShape.join() ? { value: other, scale } : null
    }
    if (node.op === 'BatchNormalization') {
      const gamma = graph.constants.get(node.inputs[1] ?? '')
      const variance = graph.constants.get(node.inputs[4] ?? '')
      if (!gamma || !variance) return null
      const epsilon = numberAttribute(node, 'epsilon', 1e-5)
      const g = toFloat32(gamma)
      const v = toFloat32(variance)
      for (let i = 0; i < outputs; i++) {
        scale[i] = (scale[i] as number) * ((g[i] as number) / Math.sqrt((v[i] as number) + epsilon))
      }
    } else if (!passing.has(node.op)) return null
    value = node.outputs[0] as string
  }
}
