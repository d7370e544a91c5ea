/** Where the samples of a batch lie in each value of a network. */
import type { Graph, GraphNode } from '../../../graph/graph'
import { oneSample } from '../../../ops/shapes'

/** Along this axis lie `outer` runs of the samples, `inner` elements each. */
export interface Place {
  readonly axis: number
  readonly outer: number
  readonly inner: number
}

/** Nothing of a value depends on the sample. */
export type Found = Place | null

export class Mixed extends Error {}

export const mixed = (): never => {
  throw new Mixed()
}

const product = (extents: readonly number[]) => extents.reduce((a, b) => a * b, 1)
export const namesBatch = (dim: unknown) => typeof dim === 'string' && /\bbatch\b/.test(dim)

export class Walk {
  private readonly places = new Map<string, Found>()

  /** @param choose where the batch lies behind a Reshape, while shapes are still those of one sample and do not name it */
  constructor(
    readonly graph: Graph,
    readonly choose?: (node: GraphNode, candidates: readonly Place[]) => Place,
  ) {
    for (const { name } of graph.inputs) this.places.set(name, { axis: 0, outer: 1, inner: 1 })
  }

  shape(value: string | undefined) {
    return this.graph.info(value ?? '')?.shape ?? mixed()
  }

  rank(value: string | undefined): number {
    return this.shape(value).length
  }

  place(value: string | undefined): Found {
    return this.places.get(value ?? '') ?? null
  }

  /** The axis that names the batch must be the one it lies along. */
  set(value: string, place: Found): void {
    if (value === '') return
    if (this.choose) {
      this.places.set(value, place)
      return
    }
    const named = this.shape(value).flatMap((dim, axis) => (namesBatch(dim) ? [axis] : []))
    if (named.length !== (place ? 1 : 0) || (place && named[0] !== place.axis)) mixed()
    this.places.set(value, place)
  }

  /** Places in another shape of the same elements in the same order, the likeliest first. */
  reshaped(from: string, to: string, { axis, outer, inner }: Place): Place[] {
    const before = oneSample(this.shape(from))
    const after = oneSample(this.shape(to))
    const first = product(before.slice(0, axis)) * outer
    const last = inner * product(before.slice(axis + 1))
    const places = after.map((_, k) => ({
      axis: k,
      outer: first / product(after.slice(0, k)),
      inner: last / product(after.slice(k + 1)),
    }))
    const unlikely = (place: Place) => (place.outer > 1 ? 2 : place.inner > 1 ? 1 : 0)
    return places
      .filter((place) => Number.isInteger(place.outer) && Number.isInteger(place.inner))
      .filter((place) => place.outer * place.inner === after[place.axis])
      .sort((a, b) => unlikely(a) - unlikely(b))
  }
}
