/** Where a file begins, and the headers of its objects (specification, sections II and IV.A). */
import { broken, type Cursor, type FileBytes } from './bytes'

export const messageType = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const

/** One message of a header: what an object is, piece by piece. */
export interface Message {
  readonly type: number
  readonly start: number
  readonly end: number
}

/** Reads the superblock and learns from it how long addresses are. @returns where the root's header lies */
export function openFile(file: FileBytes): number {
  const cursor = file.cursor(8)
  const version = cursor.u8()
  if (version > 3) return broken(`the superblock has version ${version}`)
  const sizes = (offsetSize: number, lengthSize: number) => {
    if (![2, 4, 8].includes(offsetSize) || ![2, 4, 8].includes(lengthSize)) broken('addresses have an impossible size')
    file.offsetSize = offsetSize
    file.lengthSize = lengthSize
  }
  if (version >= 2) {
    sizes(cursor.u8(), cursor.u8())
    cursor.skip(1)
    file.base = cursor.address() ?? broken('the file has no base')
    cursor.skip(2 * file.offsetSize)
    const root = cursor.address()
    file.verify(0, cursor.at)
    return root ?? broken('the file has no root')
  }
  cursor.skip(4)
  sizes(cursor.u8(), cursor.u8())
  cursor.skip(version === 0 ? 9 : 13)
  file.base = cursor.address() ?? broken('the file has no base')
  // Free space, the end of the file, the driver; then the root's entry, whose name is not used.
  cursor.skip(4 * file.offsetSize)
  return cursor.address() ?? broken('the file has no root')
}

/** All messages of an object, those in continued blocks behind the first ones. */
export function messagesAt(file: FileBytes, address: number): Message[] {
  const messages: Message[] = []
  const first = file.cursor(address)
  if (first.u8() === 1) readOld(file, address, messages)
  else readNew(file, address, messages)
  return messages
}

/** The block that a continuation message names. */
function continued(file: FileBytes, { start, end }: Message): Cursor {
  const cursor = file.cursor(start, end)
  const at = cursor.address() ?? broken('a header is continued nowhere')
  return file.cursor(at, at + cursor.length())
}

function readOld(file: FileBytes, address: number, messages: Message[]): void {
  const head = file.cursor(address + 2)
  const count = head.u16()
  const size = head.skip(4).u32()
  // The first message lies at a multiple of 8.
  const blocks = [head.skip(4).part(size)]
  for (let i = 0; i < blocks.length; i++) {
    const block = blocks[i] as Cursor
    file.spend(block.left)
    while (block.left >= 8 && messages.length < count) {
      const type = block.u16()
      const size = block.u16()
      const shared = (block.u8() & 2) !== 0
      const message = messageOf(block.skip(3).part(size), type, shared)
      messages.push(message)
      if (type === messageType.continuation) blocks.push(continued(file, message))
    }
  }
}

/** Of the newer headers: what its flags say about the fields that follow. */
const flag = { sizeBytes: 3, ordered: 4, phases: 16, times: 32 } as const

function readNew(file: FileBytes, address: number, messages: Message[]): void {
  const head = file.structure(address, 'OHDR', 16)
  if (head.u8() !== 2) broken('a header has an unknown version')
  const flags = head.u8()
  if (flags & flag.times) head.skip(16)
  if (flags & flag.phases) head.skip(4)
  const size = head.uint(1 << (flags & flag.sizeBytes))
  const ordered = (flags & flag.ordered) !== 0
  const blocks = [{ start: address, body: head.part(size) }]
  for (let i = 0; i < blocks.length; i++) {
    const { start, body } = blocks[i] as (typeof blocks)[number]
    file.verify(start, body.end)
    const before = ordered ? 6 : 4
    while (body.left >= before) {
      const type = body.u8()
      const length = body.u16()
      const shared = (body.u8() & 2) !== 0
      const message = messageOf(body.skip(ordered ? 2 : 0).part(length), type, shared)
      messages.push(message)
      if (type !== messageType.continuation) continue
      const next = continued(file, message)
      const from = next.at
      if (next.text(4) !== 'OCHK') broken('a header is continued where none is')
      blocks.push({ start: from, body: next.part(next.left - 4) })
    }
  }
}

function messageOf(body: Cursor, type: number, shared: boolean): Message {
  // Types that several objects share are named by their address; no Keras file has them.
  if (shared && (type === messageType.datatype || type === messageType.dataspace)) broken('a shared type')
  return { type, start: body.at, end: body.end }
}
