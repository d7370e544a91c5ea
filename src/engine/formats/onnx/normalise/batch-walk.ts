/** Where the samples of a batch lie in each value of a network. */
import type { Graph, GraphNode } from '../../../graph/graph'
import type { TensorData } from '../../../graph/tensor'
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

/** Input i of a node is the same for every sample: it is to be as long along this axis as there are samples. */
export interface Stretch {
  readonly node: GraphNode
  readonly input: number
  readonly place: Place
  /** One position will do: the operator broadcasts, and the value is the same all along the axis. */
  readonly one: boolean
}

/** Whether what is stored is the same for each of the samples that lie along an axis, and whether all along it. */
function repeats({ dims, data }: TensorData, { axis, inner }: Place, samples: number): 'all' | 'samples' | undefined {
  const extent = dims[axis] as number
  const step = product(dims.slice(axis + 1))
  let all = true
  for (let i = 0; i < data.length; i++) {
    const along = Math.floor(i / step) % extent
    if (data[i] === data[i - along * step]) continue
    all = false
    const sample = Math.floor(along / inner) % samples
    if (data[i] !== data[i - sample * inner * step]) return undefined
  }
  return all ? 'all' : 'samples'
}

export class Walk {
  private readonly places = new Map<string, Found>()
  /** Values that do not depend on the sample, and where they meet samples. */
  readonly stretches: Stretch[] = []

  /**
   * @param choose where the batch lies behind a Reshape, while shapes still hold a number of samples and do not name the batch
   * @param samples that number; 1 where shapes name the batch
   * @param seeds constants that hold a copy for each sample; receives those that the walk finds to be such
   */
  constructor(
    readonly graph: Graph,
    readonly choose?: (node: GraphNode, candidates: readonly Place[]) => Place,
    readonly samples = 1,
    private readonly seeds = new Map<string, Place>(),
  ) {
    for (const { name } of graph.inputs) this.places.set(name, { axis: 0, outer: 1, inner: 1 })
    for (const [name, place] of seeds) this.places.set(name, place)
  }

  /** Where constants are read that hold a copy for each sample. */
  seeded(): Stretch[] {
    return this.graph.nodes.flatMap((node) =>
      node.inputs.flatMap((name, input) => {
        const place = this.seeds.get(name)
        return place ? [{ node, input, place, one: false }] : []
      }),
    )
  }

  /** Finds what a computed value has its copies for each sample from: a walk that knows of them follows them. */
  private seed(value: string): void {
    const copies = (stored: TensorData) =>
      stored.dims
        .map((_, axis) => ({ axis, outer: 1, inner: 1 }))
        .find((place) => stored.dims[place.axis] === this.samples && repeats(stored, place, this.samples))
    const open = [value]
    const seen = new Set<string>()
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name)) continue
      seen.add(name)
      const stored = this.graph.constants.get(name)
      // Vectors are scales and biases: all ones, they repeat too.
      const place = stored && stored.dims.length > 1 ? copies(stored) : undefined
      if (place) this.seeds.set(name, place)
      open.push(...(this.graph.producer(name)?.inputs ?? []))
    }
  }

  /** Input i has no samples and meets some at this place, with axes counted as its own. @throws Mixed where it differs between them */
  stretch(node: GraphNode, input: number, place: Place, broadcasts: boolean): void {
    const name = node.inputs[input] as string
    const extent = this.shape(name)[place.axis] ?? 1
    if (broadcasts && extent === 1) return
    if (!this.choose || extent !== this.samples * place.outer * place.inner) mixed()
    const stored = this.graph.constants.get(name)
    // What is computed is known to be the same for one sample alone.
    const same = stored ? repeats(stored, place, this.samples) : this.samples === 1 ? 'samples' : undefined
    if (!same && !stored) this.seed(name)
    if (!same) mixed()
    this.stretches.push({ node, input, place, one: broadcasts && same === 'all' })
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
      .filter((place) => this.samples * place.outer * place.inner === after[place.axis])
      .sort((a, b) => unlikely(a) - unlikely(b))
  }
}
