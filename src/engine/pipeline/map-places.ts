/** Where a group's feature maps can be seen: the values in which each of its units is one channel. */
import type { Coupling, Group } from '../coupling'
import type { Graph } from '../graph/graph'

/** A value that carries a group's units along one axis, a channel each. */
export interface Place {
  readonly layer: string
  readonly value: string
  readonly axis: number
  /** Unit id of each channel; 0: stays. */
  readonly ids: Int32Array
}

/** The axis along which a value has one channel a unit of the group, if there is one. */
function placeIn(coupling: Coupling, group: Group, layer: string, value: string): Place | null {
  const wanted = new Set(group.units.filter((id) => id > 0))
  for (const { axes, dims, ids } of coupling.values.get(value) ?? []) {
    const [axis] = axes
    if (axes.length !== 1 || axis === undefined || axis === 0 || ids.length !== dims[0]) continue
    const present = ids.filter((id) => wanted.has(id))
    if (present.length > 0 && new Set(present).size === present.length) return { layer, value, axis, ids }
  }
  return null
}

/** Where a group's maps can be seen: what its readers read, taken before a flatten spreads a unit over many columns. */
export function placesOf(graph: Graph, coupling: Coupling, group: Group): Place[] {
  const places: Place[] = []
  const starts = [
    ...group.consumers.map((layer) => ({ layer: layer.node.name, value: layer.input })),
    ...group.producers.map((layer) => ({ layer: layer.node.name, value: layer.output })),
  ]
  const readers = group.consumers.length
  for (const [at, { layer, value }] of starts.entries()) {
    // What a producer writes is only looked at where nobody reads it as maps.
    if (at >= readers && places.length > 0) break
    for (let name: string | undefined = value; name !== undefined && name !== ''; ) {
      const place = placeIn(coupling, group, layer, name)
      if (place) {
        places.push(place)
        break
      }
      const producer = graph.producer(name)
      name =
        producer && /^(Flatten|Reshape|Squeeze|Unsqueeze|Transpose|Identity)$/.test(producer.op)
          ? producer.inputs[0]
          : undefined
    }
  }
  return places
}
