/** Arrays: how they are laid out in the file, whole or in chunks (specification, sections IV.A.2.i and IV.A.2.l). */
import { sizeOf } from '../../../graph/tensor'
import { broken, type Cursor, type FileBytes } from './bytes'
import { chunksOf } from './chunks'
import { type Filter, filtersOf, unfiltered } from './filters'
import { type Message, messageType } from './headers'
import { type ElementType, elementType, extentsOf } from './types'

export interface StoredArray {
  readonly dims: readonly number[]
  readonly type: ElementType
  /** Bytes in the file that are the array's own. */
  readonly stored: number
  /** Whether they may be fewer than the array itself has. */
  readonly packed: boolean
  /** The elements one behind the other: a view on the file where they lie so. */
  bytes(): Uint8Array
}

/** The array of an object; undefined for a group. @throws BrokenStructure */
export function arrayOf(file: FileBytes, messages: readonly Message[]): StoredArray | undefined {
  const of = (type: number): Cursor | undefined => {
    const message = messages.find((each) => each.type === type)
    return message && file.cursor(message.start, message.end)
  }
  const [space, type, layout] = [of(messageType.dataspace), of(messageType.datatype), of(messageType.layout)]
  if (!space || !type || !layout) return undefined
  const dims = extentsOf(space) ?? broken('an array has no elements')
  const filters = filtersOf(of(messageType.filters))
  return laidOut(file, dims, elementType(type), layout, filters)
}

/** h5py never chooses chunks beyond this. */
const largestSpareChunk = 2 ** 20

const layoutClass = { compact: 0, contiguous: 1, chunked: 2 } as const

function laidOut(
  file: FileBytes,
  dims: readonly number[],
  type: ElementType,
  layout: Cursor,
  filters: readonly Filter[],
): StoredArray {
  const total = sizeOf(dims) * type.size
  const version = layout.u8()
  if (version < 3 || version > 5) return broken('an array is laid out in an unknown way')
  const kind = layout.u8()
  const whole = (at: number, stored: number): StoredArray => {
    file.require(at, stored)
    return { dims, type, stored, packed: false, bytes: () => file.slice(at, total) }
  }
  if (kind === layoutClass.compact) return whole(layout.at + 2, layout.part(layout.u16()).left)
  if (kind === layoutClass.contiguous) {
    const at = layout.address()
    if (at === undefined) return total === 0 ? whole(0, 0) : broken('an array is not stored')
    return whole(at, layout.length())
  }
  if (kind !== layoutClass.chunked) return broken('an array is laid out in an unknown way')
  const { extents, chunks } = chunksOf(file, dims, type.size, layout, version, filters.length > 0)
  const stored = chunks.reduce((sum, chunk) => sum + chunk.size, 0)
  const chunk = sizeOf(extents) * type.size
  const needed = dims.reduce((count, dim, axis) => count * Math.ceil(dim / (extents[axis] as number)), 1)
  const gather = (): Uint8Array => {
    // An array that grew may be smaller than a chunk, but no writer makes such chunks large.
    if (chunk > Math.max(total, largestSpareChunk)) broken('a chunk is larger than its array')
    if (chunks.length > needed) broken('an array has more chunks than it needs')
    const out = new Uint8Array(total)
    for (const { origin, at, size, skipped } of chunks) {
      file.spend(size)
      if (filters.length > 0) file.unpack(chunk)
      const body = unfiltered(file.slice(at, size), filters, skipped, chunk, type.size)
      place(out, dims, body, extents, origin, type.size)
    }
    return out
  }
  return { dims, type, stored, packed: filters.length > 0, bytes: gather }
}

/** Copies a chunk to its place, row by row; what it has beyond the array's edges is left out. */
function place(
  out: Uint8Array,
  dims: readonly number[],
  chunk: Uint8Array,
  extents: readonly number[],
  origin: readonly number[],
  elementSize: number,
): void {
  const inside = extents.map((extent, axis) => Math.min(extent, (dims[axis] ?? 0) - (origin[axis] ?? 0)))
  if (inside.some((extent) => !(extent > 0))) broken('a chunk lies outside its array')
  const last = dims.length - 1
  const row = (inside[last] ?? 1) * elementSize
  const copy = (axis: number, from: number, to: number): void => {
    if (axis >= last) {
      const start = (to * (dims[axis] ?? 1) + (origin[axis] ?? 0)) * elementSize
      const source = from * (extents[axis] ?? 1) * elementSize
      out.set(chunk.subarray(source, source + row), start)
      return
    }
    for (let i = 0; i < (inside[axis] as number); i++) {
      copy(axis + 1, from * (extents[axis] as number) + i, to * (dims[axis] as number) + (origin[axis] as number) + i)
    }
  }
  copy(0, 0, 0)
}
