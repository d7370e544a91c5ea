/** What the sequential refit works on: which operators, in which order, and what has to be known at each of them. */
import type { Coupling, Layer, PruningPlan } from '../coupling/index'
import type { Graph, GraphNode } from '../graph/graph'
import { toFloat32 } from '../graph/tensor'
import type { Labels } from '../ops/definition'
import { isRefittable, recurrentLayers } from '../statistics/index'
import { batchNormNumbers } from './folded-batch-norm'
import { lostPlaces } from './refit-places'

/** The other side of a residual addition, and how the operator's output enters it: scale x output. */
export interface Shortcut {
  readonly value: string
  /** Per kept output channel of the pruned operator; the scale of a BatchNorm on the way, 1 without one. */
  readonly scale: Float32Array
}

/** A rectifier passes what lies between; below and above, its output no longer depends on its input. */
export interface Bounds {
  readonly low: number
  readonly high: number
}

/** The rectifier that alone reads the operator's output: what it cuts off needs no fitting. */
export interface Rectifier extends Bounds {
  /** It reads scale x output + shift, per kept output channel of the pruned operator, plus the addend. */
  readonly scale: Float32Array
  readonly shift: Float32Array
  readonly addend: string | null
}

export interface RefitStep {
  readonly layer: Layer
  /** Original indices of the output channels that stay. */
  readonly kept: Int32Array
  readonly shortcut: Shortcut | null
  readonly rectifier: Rectifier | null
  /** Units that go along the positions of the output. */
  readonly lost: readonly Labels[]
}

/** The other side of an addition behind the operator, where the fit has to know it. */
export const addendOf = ({ shortcut, rectifier }: RefitStep): string | null =>
  shortcut?.value ?? rectifier?.addend ?? null

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
    const { scale, shift, addend, bounds } = fateOf(pruned, layer, kept.length)
    const before = addend === null ? -1 : (place.get(pruned.producer(addend)?.name ?? '') ?? -1)
    const ready = before >= 0 && before < (place.get(layer.node.name) as number)
    const shortcut = addend !== null && ready && changed.has(addend) ? { value: addend, scale } : null
    const known = addend === null || ready
    const rectifier = bounds && known ? { ...bounds, scale, shift, addend } : null
    const lost = lostPlaces(coupling, layer, original.info(layer.output)?.shape?.length ?? 0, plan)
    steps.push({ layer, kept, shortcut, rectifier, lost })
  }
  for (const layer of recurrentLayers(original, coupling)) {
    const touched = layer.inputUnits.some((unit) => plan.removed[unit] === 1)
    if (touched || changed.has(layer.input)) {
      steps.push({ layer, kept: keptOutputs(layer, plan), shortcut: null, rectifier: null, lost: [] })
    }
  }
  return steps.sort((a, b) => (place.get(a.layer.node.name) as number) - (place.get(b.layer.node.name) as number))
}

/** Steps of operators that lost inputs, and of so many behind each of them. */
export function withinReach(
  steps: readonly RefitStep[],
  plan: PruningPlan,
  reach = Number.POSITIVE_INFINITY,
): readonly RefitStep[] {
  let since = Number.POSITIVE_INFINITY
  return steps.filter(({ layer }) => {
    since = layer.inputUnits.some((unit) => plan.removed[unit] === 1) ? 0 : since + 1
    return since <= reach
  })
}

const passing = new Set(['Identity', 'Dropout'])

/** What becomes of an operator's output: scale x output + shift, perhaps added to another value, perhaps rectified. */
interface Fate {
  readonly scale: Float32Array
  readonly shift: Float32Array
  /** The other computed value of an addition, of the same shape. */
  readonly addend: string | null
  readonly bounds: Bounds | null
}

/**
 * Follows the operator's output through BatchNorm and at most one addition to a rectifier, as long as nothing else
 * reads it.
 */
export function fateOf(graph: Graph, layer: Layer, outputs: number): Fate {
  let value = graph.node(layer.node.name).outputs[0] as string
  const scale = new Float32Array(outputs).fill(1)
  const shift = new Float32Array(outputs)
  let addend: string | null = null
  const fate = (bounds: Bounds | null): Fate => ({ scale, shift, addend, bounds })
  for (;;) {
    const readers = graph.consumers(value)
    if (readers.length !== 1 || graph.isOutput(value)) return fate(null)
    const node = readers[0] as GraphNode
    if (node.op === 'Add' && addend === null) {
      const other = node.inputs.find((input) => input !== value)
      if (other === undefined || graph.constants.has(other)) return fate(null)
      const shape = graph.info(value)?.shape
      const otherShape = graph.info(other)?.shape
      if (!shape || !otherShape || shape.join() !== otherShape.join()) return fate(null)
      addend = other
    } else if (node.op === 'BatchNormalization' && addend === null) {
      if (!throughBatchNorm(graph, node, scale, shift)) return fate(null)
    } else if (node.op === 'Relu' || node.op === 'Clip') {
      return fate(boundsOf(graph, node))
    } else if (!passing.has(node.op)) return fate(null)
    value = node.outputs[0] as string
  }
}

/** Applies a BatchNorm to scale and shift; false where its numbers are no constants. */
function throughBatchNorm(graph: Graph, node: GraphNode, scale: Float32Array, shift: Float32Array): boolean {
  const found = batchNormNumbers(graph, node)
  if (!found) return false
  for (let i = 0; i < scale.length; i++) {
    const factor = found.scale[i] as number
    scale[i] = (scale[i] as number) * factor
    shift[i] = ((shift[i] as number) - (found.mean[i] as number)) * factor + (found.shift[i] as number)
  }
  return true
}

/** Where a rectifier is flat; null where a bound is not a constant. */
function boundsOf(graph: Graph, node: GraphNode): Bounds | null {
  if (node.op === 'Relu') return { low: 0, high: Number.POSITIVE_INFINITY }
  const bound = (input: string | undefined, otherwise: number): number | null => {
    if (!input) return otherwise
    const constant = graph.constants.get(input)
    return constant ? (toFloat32(constant)[0] as number) : null
  }
  const low = bound(node.inputs[1], Number.NEGATIVE_INFINITY)
  const high = bound(node.inputs[2], Number.POSITIVE_INFINITY)
  return low === null || high === null ? null : { low, high }
}
