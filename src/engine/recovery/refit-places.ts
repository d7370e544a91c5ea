/** Positions of an operator's output that go with units of their own: embedding channels under a product over tokens. */
import type { Coupling, Layer, PruningPlan } from '../coupling/index'
import type { Labels } from '../ops/definition'
import { unravel } from '../statistics/rows'

/** Axis of the channels of a value that an operator reads or makes. */
export const channelAxisOf = (layer: Layer): 1 | -1 => (layer.kind === 'conv' ? 1 : -1)

/** Units along the positions of an operator's output, where the plan removes some: the ids of those, 0 elsewhere. */
export function lostPlaces(coupling: Coupling, layer: Layer, rank: number, plan: PruningPlan): Labels[] {
  const channels = channelAxisOf(layer) === 1 ? 1 : rank - 1
  return (coupling.values.get(layer.output) ?? [])
    .filter(({ axes, ids }) => !axes.includes(channels) && ids.some((id) => plan.removed[id] === 1))
    .map((entry) => ({ ...entry, ids: entry.ids.map((id) => (plan.removed[id] === 1 ? id : 0)) }))
}

/** Rows of the original at positions that the pruned network still has. */
export interface Surviving {
  /** Spatial extents of the pruned operator's output, and the positions there. */
  readonly spatial: readonly number[]
  readonly positions: Int32Array
  /** Of the rows [first extent x positions] those that count; null: all. */
  readonly counting: Int32Array | null
  /** Which of the original's rows they are; null: all of them. */
  readonly rows: Int32Array | null
}

/**
 * @param lost as {@link lostPlaces} gives them
 * @param before rows of the original; `count` of them
 */
export function surviving(
  layer: Layer,
  lost: readonly Labels[],
  before: Omit<Surviving, 'rows'>,
  count: number,
): Surviving {
  const { spatial, positions, counting } = before
  if (lost.length === 0) return { ...before, rows: null }
  const { places, extents } = placesAfter(layer, lost, spatial)
  const ranks = new Int32Array(positions.length).fill(-1)
  const left: number[] = []
  positions.forEach((position, p) => {
    const place = places[position] as number
    if (place < 0) return
    ranks[p] = left.length
    left.push(place)
  })
  const rows: number[] = []
  const chosen: number[] = []
  for (let k = 0; k < count; k++) {
    const row = counting ? (counting[k] as number) : k
    const rank = ranks[row % positions.length] as number
    if (rank < 0) continue
    rows.push(k)
    chosen.push(Math.floor(row / positions.length) * left.length + rank)
  }
  return {
    spatial: extents,
    positions: Int32Array.from(left),
    counting: counting ? Int32Array.from(chosen) : null,
    rows: Int32Array.from(rows),
  }
}

/** Flat position in the pruned output of each of the original's, -1 where it is gone; and the extents there. */
function placesAfter(layer: Layer, lost: readonly Labels[], spatial: readonly number[]) {
  // The samples lie before the positions, of an image its channels too.
  const first = channelAxisOf(layer) === 1 ? 2 : 1
  const total = spatial.reduce((a, b) => a * b, 1)
  const places = new Int32Array(total)
  const seen = spatial.map(() => new Set<number>())
  const at = new Int32Array(spatial.length)
  let next = 0
  for (let p = 0; p < total; p++) {
    unravel(p, spatial, at)
    const gone = lost.some(({ axes, dims, ids }) => {
      const entry = axes.reduce((flat, axis, i) => flat * (dims[i] as number) + (at[axis - first] as number), 0)
      return ids[entry] !== 0
    })
    places[p] = gone ? -1 : next++
    if (gone) continue
    seen.forEach((coordinates, axis) => {
      coordinates.add(at[axis] as number)
    })
  }
  return { places, extents: seen.map(({ size }) => size) }
}
