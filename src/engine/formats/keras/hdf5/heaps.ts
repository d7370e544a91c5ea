/** Heaps: where names, texts of any length and the entries of large groups lie (specification, sections III.D to III.G). */
import { broken, type Cursor, type FileBytes } from './bytes'
import { recordsOf } from './trees'

/** @returns the name at an offset of a group's local heap */
export function localNames(file: FileBytes, address: number): (offset: number) => string {
  const head = file.structure(address, 'HEAP', 32)
  const size = head.skip(4).length()
  const at = head.skip(file.lengthSize).address() ?? broken('a heap has no data')
  file.cursor(at, at + size)
  return (offset) => {
    const names = file.cursor(at + offset, at + size)
    const end = file.bytes.indexOf(0, names.at)
    if (end < 0 || end >= names.end) broken('a name does not end')
    file.spend(end - names.at)
    return names.text(end - names.at)
  }
}

/** The objects of one collection of the global heap by their number. */
export function globalObjects(file: FileBytes, address: number): Map<number, Uint8Array> {
  const head = file.structure(address, 'GCOL', 16)
  const end = address + head.skip(4).length()
  const body = file.cursor(head.at, end)
  file.spend(body.left)
  const objects = new Map<number, Uint8Array>()
  while (body.left >= 8 + file.lengthSize) {
    const number = body.u16()
    const size = body.skip(6).length()
    // Number 0 is what is free, up to the end.
    if (number === 0) break
    objects.set(number, body.bytes(size))
    body.skip(Math.min(body.left, -size & 7))
  }
  return objects
}

/** Bits that hold numbers up to this. */
const bitsOf = (value: number): number => Math.floor(Math.log2(Math.max(1, value)))

/** The shape of a fractal heap: rows of blocks that double in size. */
interface Table {
  readonly width: number
  readonly start: number
  readonly largestDirect: number
  readonly offsetBytes: number
}

/** @returns rows of blocks that an indirect block spanning `size` bytes has */
const rowsOf = ({ start, width }: Table, size: number): number => bitsOf(size) - bitsOf(start * width) + 1

/** The block, and its start within the heap, that holds a place of the heap's own address space. */
function blockAt(file: FileBytes, table: Table, root: number, rows: number, place: number): number {
  if (rows === 0) return root + place
  let [at, from, count] = [root, 0, rows]
  // Every level down spans at most half of the one above.
  for (let level = 0; level < 64; level++) {
    const node = file.structure(at, 'FHIB', 16)
    node.skip(1 + file.offsetSize + table.offsetBytes)
    let row = 0
    let begin = from
    let size = table.start
    while (row < count && place >= begin + size * table.width) {
      begin += size * table.width
      if (row > 0) size *= 2
      row++
    }
    if (row >= count) return broken('an entry lies behind the end of its heap')
    const column = Math.floor((place - begin) / size)
    const child = node.skip((row * table.width + column) * file.offsetSize).address() ?? broken('a block is missing')
    begin += column * size
    if (size <= table.largestDirect) return child + place - begin
    ;[at, from, count] = [child, begin, rowsOf(table, size)]
  }
  return broken('a heap is too deep')
}

/** @returns the entry that an identifier of a fractal heap names */
export function fractalEntries(file: FileBytes, address: number): (id: Cursor) => Cursor {
  const head = file.structure(address, 'FRHP', 32).skip(1)
  const idSize = head.u16()
  if (head.u16() !== 0) return broken('a heap is compressed')
  head.skip(1)
  const largestManaged = head.u32()
  const largeTree = head.skip(file.lengthSize).address()
  // Counts of what is free and what is used.
  head.skip(9 * file.lengthSize + file.offsetSize)
  const width = head.u16()
  const [start, largestDirect, bits] = [head.length(), head.length(), head.u16()]
  const root = head.skip(2).address()
  const rows = head.u16()
  file.verify(address, head.at)
  const table: Table = { width, start, largestDirect, offsetBytes: Math.ceil(bits / 8) }
  // Every row but the first two doubles what there is.
  if (!(width > 0 && start > 0 && rows <= 64)) return broken('a heap has impossible blocks')
  const sizeBytes = (bitsOf(Math.min(largestDirect, largestManaged)) >> 3) + 1
  const large = new Map<number, { at: number; size: number }>()
  if (largeTree !== undefined) {
    for (const record of recordsOf(file, largeTree, 1)) {
      const at = record.address() ?? broken('a large entry lies nowhere')
      const size = record.length()
      large.set(record.length(), { at, size })
    }
  }
  return (id) => {
    const kind = (id.u8() >> 4) & 3
    if (kind === 1) {
      const entry = large.get(id.uint(Math.min(idSize - 1, file.lengthSize))) ?? broken('a large entry is missing')
      file.spend(entry.size)
      return file.cursor(entry.at, entry.at + entry.size)
    }
    if (kind !== 0) return broken('an entry of a heap is of an unknown kind')
    const place = id.uint(table.offsetBytes)
    const size = id.uint(sizeBytes)
    const at = blockAt(file, table, root ?? broken('a heap is empty'), rows, place)
    file.spend(size)
    return file.cursor(at, at + size)
  }
}
