/** What a group holds: names and the places of their objects (specification, sections III.B, III.C and IV.A.2). */
import { broken, type Cursor, type FileBytes } from './bytes'
import { type Message, messageType } from './headers'
import { fractalEntries, localNames } from './heaps'
import { entriesOf, recordsOf } from './trees'

const isGroup = ({ type }: Message): boolean =>
  type === messageType.symbolTable || type === messageType.linkInfo || type === messageType.link

/** @returns undefined where the object is no group; links to other files and by path are left out */
export function linksOf(file: FileBytes, messages: readonly Message[]): Map<string, number> | undefined {
  if (!messages.some(isGroup)) return undefined
  const links = new Map<string, number>()
  const add = (cursor: Cursor) => {
    const link = linkOf(cursor)
    if (link) links.set(link.name, link.address)
  }
  for (const { type, start, end } of messages) {
    const cursor = file.cursor(start, end)
    if (type === messageType.symbolTable) symbols(file, cursor, links)
    if (type === messageType.link) add(cursor)
    if (type === messageType.linkInfo) for (const entry of denseEntries(cursor, 8, 5)) add(entry)
  }
  return links
}

/**
 * Entries of an object that has many: in a heap, with a tree over them.
 * @param info an info message @param ordered bytes of its largest number, where it has one @param type of the tree
 */
export function denseEntries(info: Cursor, ordered: 2 | 8, type: 5 | 8): Cursor[] {
  const { file } = info
  const flags = info.skip(1).u8()
  const heap = info.skip(flags & 1 ? ordered : 0).address()
  const tree = info.address()
  if (heap === undefined || tree === undefined) return []
  const entry = fractalEntries(file, heap)
  // Links are found by the hash of their name, which stands before the identifier; of attributes it stands behind.
  return recordsOf(file, tree, type).map((record) => entry(record.skip(type === 5 ? 4 : 0)))
}

function symbols(file: FileBytes, message: Cursor, links: Map<string, number>): void {
  const tree = message.address() ?? broken('a group has no tree')
  const name = localNames(file, message.address() ?? broken('a group has no names'))
  for (const { address } of entriesOf(file, tree, 0, file.lengthSize)) {
    const leaf = file.structure(address, 'SNOD', 8)
    const count = leaf.skip(2).u16()
    const body = leaf.part(count * (2 * file.offsetSize + 24))
    file.spend(body.left)
    for (let i = 0; i < count; i++) {
      const text = name(body.uint(file.offsetSize))
      const header = body.address()
      // Links by path have no header of their own.
      const kind = body.u32()
      body.skip(20)
      if (header !== undefined && kind !== 2) links.set(text, header)
    }
  }
}

/** A link to an object of this file. */
function linkOf(cursor: Cursor): { name: string; address: number } | undefined {
  const flags = cursor.skip(1).u8()
  const kind = flags & 8 ? cursor.u8() : 0
  if (flags & 4) cursor.skip(8)
  if (flags & 16) cursor.skip(1)
  const name = cursor.text(cursor.uint(1 << (flags & 3)))
  if (kind !== 0) return undefined
  return { name, address: cursor.address() ?? broken(`the link ${name} leads nowhere`) }
}
