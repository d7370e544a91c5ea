/** Lays the weights of a group out as criteria read them: one row a channel. */
import { EspalierError } from '../../../contract/errors'
import type { Binding, Coupling, Group, Layer } from '../../coupling'
import type { Graph } from '../../graph/graph'
import { sizeOf, type TensorData, toFloat32 } from '../../graph/tensor'
import type { Slices } from './types'

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
): Slices {
  const [axis, other] = role === 'producer' ? [layer.outputAxis, layer.inputAxis] : [layer.inputAxis, layer.outputAxis]
  const unitIds = role === 'producer' ? layer.outputUnits : layer.inputUnits
  const { dims } = weight
  const extent = dims[axis] as number
  const otherExtent = dims[other] as number
  const split = extent < unitIds.length
  const across = split ? otherExtent / layer.groups : otherExtent
  const strides = dims.map((_, i) => dims.slice(i + 1).reduce((product, dim) => product * dim, 1))
  const rest = dims.map((_, i) => i).filter((i) => i !== axis && i !== other)
  const taps = rest.reduce((product, i) => product * (dims[i] as number), 1)
  const tapOffsets = Array.from({ length: taps }, (_, tap) => {
    let left = tap
    let offset = 0
    for (let r = rest.length - 1; r >= 0; r--) {
      const i = rest[r] as number
      offset += (left % (dims[i] as number)) * (strides[i] as number)
      left = Math.floor(left / (dims[i] as number))
    }
    return offset
  })
  const channels: number[] = []
  unitIds.forEach((unit, channel) => {
    if (unit !== 0 && coupling.groupOf[unit] === g) channels.push(channel)
  })
  const width = across * taps
  const lay = (): Float32Array => {
    const source = toFloat32(weight)
    const rows = new Float32Array(channels.length * width)
    let at = 0
    for (const channel of channels) {
      const base = (channel % extent) * (strides[axis] as number)
      const first = split ? Math.floor(channel / extent) * across : 0
      if (axis === 0 && other === 1 && !split) {
        // The filter lies in the weight as it is.
        rows.set(source.subarray(base, base + width), at)
        at += width
        continue
      }
      for (let o = first; o < first + across; o++) {
        const from = base + o * (strides[other] as number)
        for (let tap = 0; tap < taps; tap++) rows[at++] = source[from + (tapOffsets[tap] as number)] as number
      }
    }
    return rows
  }
  const units = Int32Array.from(channels, (channel) => coupling.indexOf[unitIds[channel] as number] as number)
  let rows: Float32Array | undefined
  return {
    node: layer.node.name,
    role,
    units,
    width,
    /** Laid out when a criterion first reads them: most look at one side only. */
    get rows() {
      rows ??= lay()
      return rows
    },
  }
}

/** Rows of an operator that is no layer (embedding, recurrent kernel, product by index): everything along the bound axis. */
function bindingSlices(coupling: Coupling, g: number, binding: Binding, weight: TensorData): Slices | null {
  const { axis, units, role, node } = binding
  const places = [...units.keys()].filter((i) => units[i] !== 0 && coupling.groupOf[units[i] as number] === g)
  const { dims } = weight
  const inner = sizeOf(dims.slice(axis + 1))
  const outer = sizeOf(dims.slice(0, axis))
  const width = inner * outer
  if (places.length === 0 || role === 'passthrough' || width === 1) return null
  const source = toFloat32(weight)
  const extent = dims[axis] as number
  const rows = new Float32Array(places.length * width)
  let at = 0
  for (const place of places) {
    for (let o = 0; o < outer; o++) {
      const from = (o * extent + place) * inner
      rows.set(source.subarray(from, from + inner), at)
      at += inner
    }
  }
  return {
    node: node.name,
    role,
    units: Int32Array.from(places, (i) => coupling.indexOf[units[i] as number] as number),
    width,
    rows,
  }
}

/** All slices of group `g`: producers, consumers (depthwise layers are neither) and BatchNorm scales. */
export function groupSlices(graph: Graph, coupling: Coupling, g: number): Slices[] {
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
      slices.push(layerSlices(coupling, g, layer, constant(layer.weightName), role))
    }
  }
  const layers = new Set(coupling.layers.map((layer) => layer.node.name))
  for (const binding of coupling.bindings) {
    if (!layers.has(binding.node.name)) {
      const found = bindingSlices(coupling, g, binding, constant(binding.constant))
      if (found) slices.push(found)
    }
    if (binding.node.op !== 'BatchNormalization' || binding.constant !== binding.node.inputs[1]) continue
    const places = Array.from(binding.units.keys()).filter(
      (i) => coupling.groupOf[binding.units[i] as number] === g && binding.units[i] !== 0,
    )
    if (places.length === 0) continue
    const scale = toFloat32(constant(binding.constant))
    slices.push({
      node: binding.node.name,
      role: 'scale',
      units: Int32Array.from(places, (i) => coupling.indexOf[binding.units[i] as number] as number),
      width: 1,
      rows: Float32Array.from(places, (i) => scale[i] as number),
    })
  }
  return slices
}
