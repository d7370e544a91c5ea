/** Lays the weights of a group out as criteria read them: one row a channel. */
import { EspalierError } from '../../../contract/errors'
import type { Binding, Coupling, Group, Layer } from '../../coupling'
import type { Graph } from '../../graph/graph'
import { sizeOf, type TensorData, toFloat32 } from '../../graph/tensor'
import { WeightSums } from './channel-sums'
import type { Runs, Slices } from './types'

/** Slices whose rows are laid out only when a criterion reads them: most are content with where they lie. */
function fromRuns(
  parts: Pick<Slices, 'node' | 'role' | 'units' | 'squares'>,
  weight: TensorData,
  places: Omit<Runs, 'source'>,
): Slices {
  let rows: Float32Array | undefined
  const runs: Runs = {
    ...places,
    get source() {
      return toFloat32(weight)
    },
  }
  return {
    ...parts,
    width: runs.count * runs.length,
    runs,
    get rows() {
      rows ??= layOut(runs)
      return rows
    },
  }
}

function layOut({ source, starts, count, stride, length }: Runs): Float32Array {
  const rows = new Float32Array(starts.length * count * length)
  let at = 0
  for (const start of starts) {
    for (let k = 0; k < count; k++) {
      const from = start + k * stride
      if (length > 32) rows.set(source.subarray(from, from + length), at)
      else for (let i = 0; i < length; i++) rows[at + i] = source[from + i] as number
      at += length
    }
  }
  return rows
}

/** Where a unit id's channels are that belong to group `g`. */
function placesOf(coupling: Coupling, g: number, units: Int32Array): Int32Array {
  const places = new Int32Array(units.length)
  let count = 0
  for (let i = 0; i < units.length; i++) {
    const unit = units[i] as number
    if (unit !== 0 && coupling.groupOf[unit] === g) places[count++] = i
  }
  return places.subarray(0, count)
}

const indicesOf = (coupling: Coupling, units: Int32Array, places: Int32Array): Int32Array =>
  places.map((place) => coupling.indexOf[units[place] as number] as number)

/**
 * Rows of the channels of `units` that belong to group `g`, along one side of a layer's weight. In a grouped
 * convolution only the side that is split over the groups sees part of the other.
 */
function layerSlices(
  coupling: Coupling,
  g: number,
  layer: Layer,
  weight: TensorData,
  role: 'producer' | 'consumer',
  sums: WeightSums,
): Slices {
  const [axis, other] = role === 'producer' ? [layer.outputAxis, layer.inputAxis] : [layer.inputAxis, layer.outputAxis]
  const unitIds = role === 'producer' ? layer.outputUnits : layer.inputUnits
  const { dims } = weight
  if (axis > 1 || other > 1) {
    throw new EspalierError('INTERNAL', `The weight of "${layer.node.name}" has its channels behind its taps.`)
  }
  const extent = dims[axis] as number
  const otherExtent = dims[other] as number
  const split = extent < unitIds.length
  const across = split ? otherExtent / layer.groups : otherExtent
  const taps = sizeOf(dims.slice(2))
  const stepOf = (which: number) => (which === 0 ? (dims[1] as number) * taps : taps)
  const places = placesOf(coupling, g, unitIds)
  const starts = places.map(
    (channel) =>
      (channel % extent) * stepOf(axis) + (split ? Math.floor(channel / extent) * across * stepOf(other) : 0),
  )
  // What one output channel reads lies in one piece.
  const runs =
    axis === 0
      ? { starts, count: 1, stride: 0, length: across * taps }
      : { starts, count: across, stride: stepOf(other), length: taps }
  const squares = () => {
    const { first, second } = sums.squares(weight, layer.groups)
    return Float64Array.from(places, (channel) => (axis === 0 ? first : second)[channel] as number)
  }
  const units = indicesOf(coupling, unitIds, places)
  return fromRuns({ node: layer.node.name, role, units, squares }, weight, runs)
}

/** Rows of an operator that is no layer (embedding, recurrent kernel, product by index): everything along the bound axis. */
function bindingSlices(coupling: Coupling, g: number, binding: Binding, weight: TensorData): Slices | null {
  const { axis, units, role, node } = binding
  const { dims } = weight
  const length = sizeOf(dims.slice(axis + 1))
  const count = sizeOf(dims.slice(0, axis))
  if (role === 'passthrough' || length * count === 1) return null
  const places = placesOf(coupling, g, units)
  const starts = places.map((place) => place * length)
  const runs = { starts, count, stride: (dims[axis] as number) * length, length }
  return fromRuns({ node: node.name, role, units: indicesOf(coupling, units, places) }, weight, runs)
}

const isScale = ({ node, constant }: Binding) => node.op === 'BatchNormalization' && constant === node.inputs[1]

/** Of each group, the bindings that make slices beside those of its layers; gathered once for all groups. */
const besideLayers = new WeakMap<Coupling, ReadonlyMap<number, readonly Binding[]>>()

function bindingsOf(coupling: Coupling): ReadonlyMap<number, readonly Binding[]> {
  const known = besideLayers.get(coupling)
  if (known) return known
  const layers = new Set(coupling.layers.map((layer) => layer.node.name))
  const result = new Map<number, Binding[]>()
  for (const binding of coupling.bindings) {
    if (!isScale(binding) && (binding.role === 'passthrough' || layers.has(binding.node.name))) continue
    let last = -1
    const seen = new Set<number>()
    for (const unit of binding.units) {
      const group = unit === 0 ? last : (coupling.groupOf[unit] as number)
      if (group === last || seen.has(group)) continue
      last = group
      seen.add(group)
      const list = result.get(group)
      if (list) list.push(binding)
      else result.set(group, [binding])
    }
  }
  besideLayers.set(coupling, result)
  return result
}

/**
 * All slices of group `g`: producers, consumers (depthwise layers are neither) and BatchNorm scales.
 * @param sums of this network's weights, shared by the calls for its groups
 */
export function groupSlices(graph: Graph, coupling: Coupling, g: number, sums = new WeightSums()): Slices[] {
  const group = coupling.groups[g] as Group
  const constant = (name: string): TensorData => {
    const data = graph.constants.get(name)
    if (!data) throw new EspalierError('INTERNAL', `The weight "${name}" of the network is not there.`)
    return data
  }
  const slices: Slices[] = []
  for (const role of ['producer', 'consumer'] as const) {
    for (const layer of role === 'producer' ? group.producers : group.consumers) {
      if (layer.kind === 'depthwise') continue
      slices.push(layerSlices(coupling, g, layer, constant(layer.weightName), role, sums))
    }
  }
  for (const binding of bindingsOf(coupling).get(g) ?? []) {
    const weight = constant(binding.constant)
    if (!isScale(binding)) {
      const found = bindingSlices(coupling, g, binding, weight)
      if (found) slices.push(found)
      continue
    }
    const places = placesOf(coupling, g, binding.units)
    const units = indicesOf(coupling, binding.units, places)
    const runs = { starts: places, count: 1, stride: 0, length: 1 }
    slices.push(fromRuns({ node: binding.node.name, role: 'scale', units }, weight, runs))
  }
  return slices
}
