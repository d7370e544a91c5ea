/** Attributes of a group: names and texts (specification, section IV.A.2.m). */

import { sizeOf } from '../../../graph/tensor'
import type { Cursor, FileBytes } from './bytes'
import { broken } from './bytes'
import { type Message, messageType } from './headers'
import { denseEntries } from './links'
import { elementType, extentsOf, textsOf } from './types'

export type Attributes = ReadonlyMap<string, string | readonly string[]>

/** Those that are texts: one, or a list. */
export function attributesOf(file: FileBytes, messages: readonly Message[]): Attributes {
  const attributes = new Map<string, string | readonly string[]>()
  for (const { type, start, end } of messages) {
    const cursor = file.cursor(start, end)
    if (type === messageType.attribute) read(file, cursor, attributes)
    if (type === messageType.attributeInfo)
      for (const entry of denseEntries(cursor, 2, 8)) read(file, entry, attributes)
  }
  return attributes
}

function read(file: FileBytes, cursor: Cursor, attributes: Map<string, string | readonly string[]>): void {
  const version = cursor.u8()
  if (version < 1 || version > 3) broken('an attribute has an unknown version')
  // Types that several objects share.
  if (cursor.u8() !== 0 && version > 1) broken('a shared type')
  const sizes = [cursor.u16(), cursor.u16(), cursor.u16()]
  if (version === 3) cursor.skip(1)
  const [name, type, space] = sizes.map((size) => {
    const part = cursor.part(size)
    if (version === 1) cursor.skip(Math.min(cursor.left, -size & 7))
    return part
  }) as [Cursor, Cursor, Cursor]
  const extents = extentsOf(space)
  if (!extents) return
  const texts = textsOf(file, cursor, elementType(type), sizeOf(extents))
  const [first] = texts ?? []
  if (texts && first !== undefined && extents.length === 0) attributes.set(name.text(name.left), first)
  else if (texts) attributes.set(name.text(name.left), texts)
}
