/** Where the chunks of an array lie: by the old tree, or by the newer indexes of arrays that do not grow. */
import { EspalierError } from '../../../../contract/errors'
import { sizeOf } from '../../../graph/tensor'
import { broken, type Cursor, type FileBytes } from './bytes'
import { entriesOf } from './trees'

export interface Chunk {
  readonly at: number
  /** Bytes in the file. */
  readonly size: number
  /** Its first element within the array. */
  readonly origin: readonly number[]
  /** Bit i: the filter i was not applied. */
  readonly skipped: number
}

interface Chunks {
  /** Of one chunk, in elements. */
  readonly extents: readonly number[]
  readonly chunks: readonly Chunk[]
}

/** @param layout behind its version and class */
export function chunksOf(
  file: FileBytes,
  dims: readonly number[],
  elementSize: number,
  layout: Cursor,
  version: number,
  filtered: boolean,
): Chunks {
  // Version 5 differs from 4 in how long the sizes of packed chunks are, which the entries tell.
  const flags = version > 3 ? layout.u8() : 0
  const rank = layout.u8() - 1
  if (rank !== dims.length || rank < 1) return broken('chunks have other axes than their array')
  const tree = version === 3 ? layout.address() : undefined
  const width = version === 3 ? 4 : layout.u8()
  const extents = dims.map(() => layout.uint(width))
  const whole = sizeOf(extents) * elementSize
  if (!(whole > 0)) return broken('chunks are empty')
  layout.skip(width)
  if (version === 3) {
    return { extents, chunks: tree === undefined ? [] : chunksOfTree(file, tree, rank) }
  }
  const grid = gridOf(dims, extents)
  const at = (i: number) => originOf(i, grid, extents)
  const index = layout.u8()
  if (index === indexes.single) {
    const size = flags & 2 ? layout.length() : whole
    const skipped = flags & 2 ? layout.u32() : 0
    const address = layout.address()
    return { extents, chunks: address === undefined ? [] : [{ at: address, size, skipped, origin: at(0) }] }
  }
  if (index === indexes.implicit) {
    const first = layout.address()
    const count = first === undefined ? 0 : sizeOf(grid)
    file.require(first ?? 0, count * whole)
    const chunks = Array.from({ length: count }, (_, i) => ({
      at: (first ?? 0) + i * whole,
      size: whole,
      skipped: 0,
      origin: at(i),
    }))
    return { extents, chunks }
  }
  if (index !== indexes.fixed) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      'A weight in this HDF5 file is stored as an array that can grow, which Espalier does not read. Save the network again with model.save.',
    )
  }
  const address = layout.skip(1).address()
  const found = address === undefined ? [] : fixedArray(file, address, sizeOf(grid), whole, filtered)
  return { extents, chunks: found.map((chunk, i) => ({ ...chunk, origin: at(i) })).filter(({ size }) => size > 0) }
}

const indexes = { single: 1, implicit: 2, fixed: 3 } as const

const gridOf = (dims: readonly number[], extents: readonly number[]): number[] =>
  dims.map((dim, axis) => Math.ceil(dim / (extents[axis] as number)))

/** Chunks are numbered along the last axis first. */
function originOf(number: number, grid: readonly number[], extents: readonly number[]): number[] {
  const origin = grid.map(() => 0)
  let rest = number
  for (let axis = grid.length - 1; axis >= 0; axis--) {
    const count = grid[axis] as number
    origin[axis] = (rest % count) * (extents[axis] as number)
    rest = Math.floor(rest / count)
  }
  return origin
}

function chunksOfTree(file: FileBytes, tree: number, rank: number): Chunk[] {
  return entriesOf(file, tree, 1, 8 + 8 * (rank + 1)).map(({ key, address }) => {
    const size = key.u32()
    const skipped = key.u32()
    const origin = Array.from({ length: rank }, () => key.uint(8))
    return { at: address, size, skipped, origin }
  })
}

/** An array of places in the file, in pages where it is long. */
function fixedArray(
  file: FileBytes,
  address: number,
  wanted: number,
  whole: number,
  filtered: boolean,
): Omit<Chunk, 'origin'>[] {
  const head = file.structure(address, 'FAHD', 16).skip(2)
  const entrySize = head.u8()
  const pageLength = 2 ** head.u8()
  const count = head.length()
  const data = head.address()
  file.verify(address, head.at)
  if (count !== wanted) return broken('chunks are missing')
  if (data === undefined) return []
  const block = file.structure(data, 'FADB', 16).skip(2 + file.offsetSize)
  const pages = count > pageLength ? Math.ceil(count / pageLength) : 0
  if (pages > 0) block.skip(Math.ceil(pages / 8))
  if (pages > 0) block.skip(4)
  const found: Omit<Chunk, 'origin'>[] = []
  for (let i = 0; i < count; i++) {
    // Every page ends with a checksum.
    if (pages > 0 && i > 0 && i % pageLength === 0) block.skip(4)
    const entry = block.part(entrySize)
    file.spend(entrySize)
    const at = entry.address()
    const size = filtered ? entry.uint(entrySize - file.offsetSize - 4) : whole
    const skipped = filtered ? entry.u32() : 0
    found.push({ at: at ?? 0, size: at === undefined ? 0 : size, skipped })
  }
  return found
}
