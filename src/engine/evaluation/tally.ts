/** Tallies MACs, parameters and bytes while units are removed one by one: only the terms of a unit are touched. */

export interface Cost {
  readonly macs: number
  readonly params: number
  readonly bytes: number
}

/** What can shrink: equally labelled axes of values and constants share one extent, known by the units along it. */
export type Extent = Int32Array

/** `scale * product of kept extents` for MACs, and for parameters and bytes of a constant. */
export interface Term {
  readonly extents: readonly number[]
  readonly macs: number
  readonly params: number
  readonly bytes: number
}

/** Tallies the cost while units are removed one by one; removal and pricing touch only the terms of that unit. */
export interface CostModel extends Cost {
  readonly original: Cost
  /** What removing this unit would save now; 0 for a unit that is gone. */
  saving(unit: number): Cost
  /** What removing these units together would save now. */
  savingOf(units: readonly number[] | Int32Array): Cost
  remove(unit: number): void
  isRemoved(unit: number): boolean
  clone(): CostModel
}

/** The place of a list of units among the extents, which it joins where it is new; -1 where nothing of it can go. */
export function extentIndex(extents: Extent[]): (units: Int32Array) => number {
  const known = new Map<Int32Array, number>()
  const byHash = new Map<number, number[]>()
  const find = (units: Int32Array): number => {
    let hash = units.length
    let movable = false
    for (let i = 0; i < units.length; i++) {
      const unit = units[i] as number
      if (unit > 0) movable = true
      hash = (Math.imul(hash, 31) + unit) | 0
    }
    if (!movable) return -1
    const alike = byHash.get(hash) ?? []
    const found = alike.find((e) => sameUnits(extents[e] as Extent, units))
    if (found !== undefined) return found
    byHash.set(hash, [...alike, extents.length])
    return extents.push(units) - 1
  }
  return (units) => {
    let index = known.get(units)
    if (index === undefined) {
      index = find(units)
      known.set(units, index)
    }
    return index
  }
}

function sameUnits(a: Int32Array, b: Int32Array): boolean {
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

export const term = (factors: number[], whole: Cost, extents: readonly Extent[]): Term => {
  const product = factors.reduce((value, extent) => value * (extents[extent] as Extent).length, 1)
  return { extents: factors, macs: whole.macs / product, params: whole.params / product, bytes: whole.bytes / product }
}

/** Lists of whole numbers in one array: list i lies from `starts[i]` to `starts[i + 1]`. */
interface Lists {
  readonly starts: Int32Array
  readonly items: Int32Array
}

/** @param pairs of list and item, the items of a list in the order in which they shall lie */
function listsOf(count: number, pairs: readonly number[]): Lists {
  const starts = new Int32Array(count + 1)
  for (let i = 0; i < pairs.length; i += 2)
    starts[(pairs[i] as number) + 1] = (starts[(pairs[i] as number) + 1] as number) + 1
  for (let i = 0; i < count; i++) starts[i + 1] = (starts[i + 1] as number) + (starts[i] as number)
  const next = starts.slice()
  const items = new Int32Array(pairs.length / 2)
  for (let i = 0; i < pairs.length; i += 2) {
    const list = pairs[i] as number
    const at = next[list] as number
    next[list] = at + 1
    items[at] = pairs[i + 1] as number
  }
  return { starts, items }
}

/** Of each unit, the extents it lies along, and how many of their positions it holds. */
function heldBy(extents: readonly Extent[], units: number): { extents: Lists; held: Lists } {
  const counts = new Int32Array(units + 1)
  const where: number[] = []
  const held: number[] = []
  for (const [e, extent] of extents.entries()) {
    for (let i = 0; i < extent.length; i++) counts[extent[i] as number] = (counts[extent[i] as number] as number) + 1
    for (let i = 0; i < extent.length; i++) {
      const unit = extent[i] as number
      const count = counts[unit] as number
      counts[unit] = 0
      if (unit === 0 || count === 0) continue
      where.push(unit, e)
      held.push(unit, count)
    }
  }
  return { extents: listsOf(units + 1, where), held: listsOf(units + 1, held) }
}

/** Terms of the same extents added up: a layer's weight and its MACs, the four vectors of a BatchNorm. */
function merged(terms: readonly Term[]): Term[] {
  const byExtents = new Map<string, Term>()
  for (const { extents, macs, params, bytes } of terms) {
    const sorted = extents.length < 2 ? extents : [...extents].sort((a, b) => a - b)
    const key = sorted.join()
    const other = byExtents.get(key)
    byExtents.set(key, {
      extents: sorted,
      macs: macs + (other?.macs ?? 0),
      params: params + (other?.params ?? 0),
      bytes: bytes + (other?.bytes ?? 0),
    })
  }
  return [...byExtents.values()]
}

export function tally(extents: readonly Extent[], single: readonly Term[], units: number): CostModel {
  const terms = merged(single)
  const { extents: extentsOf, held } = heldBy(extents, units)
  const factors = listsOf(
    terms.length,
    terms.flatMap((entry, t) => entry.extents.flatMap((e) => [t, e])),
  )
  const termsOf = listsOf(
    extents.length,
    terms.flatMap((entry, t) => [...new Set(entry.extents)].flatMap((e) => [e, t])),
  )
  const scales = {
    macs: Float64Array.from(terms, (entry) => entry.macs),
    params: Float64Array.from(terms, (entry) => entry.params),
    bytes: Float64Array.from(terms, (entry) => entry.bytes),
  }
  const product = (t: number, kept: Int32Array): number => {
    let result = 1
    for (let i = factors.starts[t] as number; i < (factors.starts[t + 1] as number); i++) {
      result *= kept[factors.items[i] as number] as number
    }
    return result
  }
  const rounded = (macs: number, params: number, bytes: number): Cost => ({
    macs: Math.round(macs),
    params: Math.round(params),
    bytes: Math.round(bytes),
  })
  const full = Int32Array.from(extents, (extent) => extent.length)
  const original = (() => {
    let macs = 0
    let params = 0
    let bytes = 0
    for (let t = 0; t < terms.length; t++) {
      const value = product(t, full)
      macs += (scales.macs[t] as number) * value
      params += (scales.params[t] as number) * value
      bytes += (scales.bytes[t] as number) * value
    }
    return rounded(macs, params, bytes)
  })()

  // Which terms the present question has met.
  const met = new Int32Array(terms.length)
  let question = 0

  /** @param after the extents as they are, and while a question is answered as it supposes them. */
  const make = (after: Int32Array, gone: Uint8Array, products: Float64Array, now: Cost): CostModel => {
    let current = now
    const move = (list: Int32Array, unit: number, by: 1 | -1) => {
      for (let i = extentsOf.starts[unit] as number; i < (extentsOf.starts[unit + 1] as number); i++) {
        const e = extentsOf.items[i] as number
        list[e] = (list[e] as number) + by * (held.items[i] as number)
      }
    }
    const savingOf = (list: ArrayLike<number>): Cost => {
      question++
      let macs = 0
      let params = 0
      let bytes = 0
      for (let k = 0; k < list.length; k++) if (gone[list[k] as number] !== 1) move(after, list[k] as number, -1)
      for (let k = 0; k < list.length; k++) {
        const unit = list[k] as number
        if (gone[unit] === 1) continue
        for (let i = extentsOf.starts[unit] as number; i < (extentsOf.starts[unit + 1] as number); i++) {
          const e = extentsOf.items[i] as number
          for (let j = termsOf.starts[e] as number; j < (termsOf.starts[e + 1] as number); j++) {
            const t = termsOf.items[j] as number
            if (met[t] === question) continue
            met[t] = question
            const less = (products[t] as number) - product(t, after)
            macs += (scales.macs[t] as number) * less
            params += (scales.params[t] as number) * less
            bytes += (scales.bytes[t] as number) * less
          }
        }
      }
      for (let k = 0; k < list.length; k++) if (gone[list[k] as number] !== 1) move(after, list[k] as number, 1)
      return rounded(macs, params, bytes)
    }
    return {
      original,
      get macs() {
        return current.macs
      },
      get params() {
        return current.params
      },
      get bytes() {
        return current.bytes
      },
      saving: (unit) => savingOf([unit]),
      savingOf,
      remove(unit) {
        if (gone[unit] === 1) return
        gone[unit] = 1
        move(after, unit, -1)
        let macs = 0
        let params = 0
        let bytes = 0
        // A term of several of the unit's extents is brought up to date by the first: nothing is left for the others.
        for (let i = extentsOf.starts[unit] as number; i < (extentsOf.starts[unit + 1] as number); i++) {
          const e = extentsOf.items[i] as number
          for (let j = termsOf.starts[e] as number; j < (termsOf.starts[e + 1] as number); j++) {
            const t = termsOf.items[j] as number
            const value = product(t, after)
            const less = (products[t] as number) - value
            products[t] = value
            macs += (scales.macs[t] as number) * less
            params += (scales.params[t] as number) * less
            bytes += (scales.bytes[t] as number) * less
          }
        }
        current = {
          macs: current.macs - Math.round(macs),
          params: current.params - Math.round(params),
          bytes: current.bytes - Math.round(bytes),
        }
      },
      isRemoved: (unit) => gone[unit] === 1,
      clone: () => make(after.slice(), gone.slice(), products.slice(), current),
    }
  }
  const products = Float64Array.from(terms, (_, t) => product(t, full))
  return make(full.slice(), new Uint8Array(units + 1), products, original)
}
