/** B-trees, old and new: every node is read once, and none leads back to one above (specification, sections III.A and III.H). */
import { broken, type Cursor, type FileBytes } from './bytes'

/** A child of an old node and the key that stands before it. */
export interface Entry {
  readonly key: Cursor
  readonly address: number
}

/** @param keySize in bytes @returns the leaves' entries in order */
export function entriesOf(file: FileBytes, root: number, type: 0 | 1, keySize: number): Entry[] {
  const entries: Entry[] = []
  const visit = (address: number, level: number | undefined): void => {
    const node = file.structure(address, 'TREE', 24)
    if (node.u8() !== type) broken('a tree is of another kind')
    const own = node.u8()
    if (level !== undefined && own !== level) broken('a tree leads back to itself')
    const count = node.u16()
    const body = node.skip(2 * file.offsetSize).part(count * (keySize + file.offsetSize))
    file.spend(body.left)
    for (let i = 0; i < count; i++) {
      const key = body.part(keySize)
      const child = body.address() ?? broken('a tree has a hole')
      if (own === 0) entries.push({ key, address: child })
      else visit(child, own - 1)
    }
  }
  visit(root, undefined)
  return entries
}

/** Bytes that hold numbers up to this. */
const bytesFor = (value: number): number => (Math.floor(Math.log2(Math.max(1, value))) >> 3) + 1

/** Before the records: letters, version, kind; behind them a checksum. */
const overhead = 10

/** @returns the records of a new tree in no order */
export function recordsOf(file: FileBytes, address: number, type: number): Cursor[] {
  const head = file.structure(address, 'BTHD', 32)
  if (head.skip(1).u8() !== type) broken('a tree is of another kind')
  const nodeSize = head.u32()
  const recordSize = head.u16()
  const depth = head.u16()
  // The shortest records are those of names: a hash and an identifier.
  if (recordSize < 8) broken('the records of a tree are too short')
  const root = head.skip(2).address()
  const count = head.u16()
  head.skip(file.lengthSize)
  file.verify(address, head.at)
  if (root === undefined) return []
  const most = [Math.floor((nodeSize - overhead) / recordSize)]
  const countBytes = bytesFor(most[0] ?? 0)
  /** Records in a whole tree of each depth, and the bytes of that number: what a pointer to it says. */
  const all = [most[0] ?? 0]
  const totalBytes = [0]
  for (let level = 1; level <= depth && level < 16; level++) {
    const pointer = file.offsetSize + countBytes + (totalBytes[level - 1] ?? 0)
    most.push(Math.floor((nodeSize - overhead - pointer) / (recordSize + pointer)))
    all.push(((most[level] ?? 0) + 1) * (all[level - 1] ?? 0) + (most[level] ?? 0))
    totalBytes.push(bytesFor(all[level] ?? 0))
  }
  const records: Cursor[] = []
  const visit = (at: number, own: number, level: number): void => {
    const node = file.structure(at, level > 0 ? 'BTIN' : 'BTLF', overhead).skip(2)
    for (let i = 0; i < own; i++) {
      file.spend(recordSize)
      records.push(node.part(recordSize))
    }
    if (level === 0) {
      file.verify(at, node.at)
      return
    }
    const children = Array.from({ length: own + 1 }, () => {
      const child = node.address() ?? broken('a tree has a hole')
      const inside = node.uint(countBytes)
      node.skip(totalBytes[level - 1] ?? 0)
      return { child, inside }
    })
    file.verify(at, node.at)
    for (const { child, inside } of children) visit(child, inside, level - 1)
  }
  if (depth >= 16) return broken('a tree is too deep')
  visit(root, count, depth)
  return records
}
