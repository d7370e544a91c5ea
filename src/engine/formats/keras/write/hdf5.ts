/**
 * HDF5 files of float arrays in groups, in the oldest layout that every reader knows (superblock 0, symbol tables,
 * contiguous data). Without times, so that the same arrays give the same bytes.
 * Source: HDF5 File Format Specification 3.0, sections II to IV.
 */
import type { TensorData } from '../../../graph/tensor'

export interface Hdf5Array {
  readonly path: readonly string[]
  /** float32 */
  readonly data: TensorData
}

const undefinedAddress = 0xffff_ffff_ffff_ffffn
const superblockBytes = 96
/** Children of a tree node are at most twice this. */
const treeHalf = 16

const roundUp = (size: number): number => Math.ceil(size / 8) * 8

/** Little-endian bytes, one field behind the other. */
class Bytes {
  private readonly view: DataView
  private at = 0
  readonly bytes: Uint8Array

  constructor(size: number) {
    this.bytes = new Uint8Array(roundUp(size))
    this.view = new DataView(this.bytes.buffer)
  }

  text(value: string): this {
    for (let i = 0; i < value.length; i++) this.bytes[this.at++] = value.charCodeAt(i)
    return this
  }
  u8(...values: number[]): this {
    for (const value of values) this.view.setUint8(this.at++, value)
    return this
  }
  u16(value: number): this {
    this.view.setUint16(this.at, value, true)
    this.at += 2
    return this
  }
  u32(value: number): this {
    this.view.setUint32(this.at, value, true)
    this.at += 4
    return this
  }
  u64(value: number | bigint): this {
    this.view.setBigUint64(this.at, BigInt(value), true)
    this.at += 8
    return this
  }
}

interface Group {
  readonly groups: Map<string, Group>
  readonly arrays: Map<string, TensorData>
}

const emptyGroup = (): Group => ({ groups: new Map(), arrays: new Map() })

function treeOf(arrays: readonly Hdf5Array[]): Group {
  const root = emptyGroup()
  for (const { path, data } of arrays) {
    let group = root
    for (const part of path.slice(0, -1)) {
      const next = group.groups.get(part) ?? emptyGroup()
      group.groups.set(part, next)
      group = next
    }
    group.arrays.set(path.at(-1) as string, data)
  }
  return root
}

const largestGroup = (group: Group): number =>
  Math.max(group.groups.size + group.arrays.size, ...[...group.groups.values()].map(largestGroup))

interface Placed {
  readonly header: number
  readonly tree: number
  readonly heap: number
}

class Writer {
  private readonly parts: Uint8Array[] = []
  private end = superblockBytes
  private readonly leafHalf: number

  constructor(private readonly root: Group) {
    this.leafHalf = Math.max(4, Math.ceil(largestGroup(root) / (4 * treeHalf)))
  }

  private place(bytes: Uint8Array): number {
    const at = this.end
    this.parts.push(bytes)
    this.end += bytes.length
    return at
  }

  /** Messages are padded to 8 bytes each. */
  private header(messages: readonly { type: number; body: Uint8Array }[]): number {
    const size = messages.reduce((sum, { body }) => sum + 8 + body.length, 0)
    const out = new Bytes(16 + size).u8(1, 0).u16(messages.length).u32(1).u32(size).u32(0)
    for (const { type, body } of messages) {
      out
        .u16(type)
        .u16(body.length)
        .u8(0, 0, 0, 0)
        .u8(...body)
    }
    return this.place(out.bytes)
  }

  private array({ dims, data }: TensorData): number {
    const source = data as Float32Array
    const bytes = new Uint8Array(roundUp(source.length * 4))
    const view = new DataView(bytes.buffer)
    for (let i = 0; i < source.length; i++) view.setFloat32(i * 4, source[i] as number, true)
    const address = source.length === 0 ? undefinedAddress : this.place(bytes)
    const space = new Bytes(8 + 8 * dims.length).u8(1, dims.length, 0, 0).u32(0)
    for (const dim of dims) space.u64(dim)
    // IEEE 754 single precision, least byte first.
    const type = new Bytes(20).u8(0x11, 0x20, 31, 0).u32(4).u16(0).u16(32).u8(23, 8, 0, 23).u32(127)
    const fill = new Bytes(4).u8(2, 2, 2, 0)
    const layout = new Bytes(18)
      .u8(3, 1)
      .u64(address)
      .u64(source.length * 4)
    return this.header([
      { type: 0x0001, body: space.bytes },
      { type: 0x0003, body: type.bytes },
      { type: 0x0005, body: fill.bytes },
      { type: 0x0008, body: layout.bytes },
    ])
  }

  private group(group: Group): Placed {
    const children = [
      ...[...group.groups].map(([name, inner]) => ({ name, at: this.group(inner).header })),
      ...[...group.arrays].map(([name, data]) => ({ name, at: this.array(data) })),
    ].sort((a, b) => (a.name < b.name ? -1 : 1))
    const offsets: number[] = []
    let heapSize = 8
    for (const { name } of children) {
      offsets.push(heapSize)
      heapSize += roundUp(name.length + 1)
    }
    const names = new Uint8Array(heapSize)
    children.forEach(({ name }, i) => {
      names.set(new TextEncoder().encode(name), offsets[i] as number)
    })
    const segment = this.place(names)
    const heap = this.place(new Bytes(32).text('HEAP').u8(0, 0, 0, 0).u64(heapSize).u64(1).u64(segment).bytes)
    const tree = this.tree(children, offsets)
    const header = this.header([{ type: 0x0011, body: new Bytes(16).u64(tree).u64(heap).bytes }])
    return { header, tree, heap }
  }

  /** Entries in leaves of equal size under one node. */
  private tree(children: readonly { at: number }[], offsets: readonly number[]): number {
    const most = 2 * this.leafHalf
    const leaves: { at: number; last: number }[] = []
    for (let from = 0; from < children.length; from += most) {
      const part = children.slice(from, from + most)
      const leaf = new Bytes(8 + 40 * most).text('SNOD').u8(1, 0).u16(part.length)
      part.forEach(({ at }, i) => {
        leaf
          .u64(offsets[from + i] as number)
          .u64(at)
          .u32(0)
          .u32(0)
          .u64(0)
          .u64(0)
      })
      leaves.push({ at: this.place(leaf.bytes), last: offsets[from + part.length - 1] as number })
    }
    const node = new Bytes(24 + 8 * (4 * treeHalf + 1)).text('TREE').u8(0, 0).u16(leaves.length)
    node.u64(undefinedAddress).u64(undefinedAddress).u64(0)
    for (const { at, last } of leaves) node.u64(at).u64(last)
    return this.place(node.bytes)
  }

  write(): Uint8Array {
    const root = this.group(this.root)
    const start = new Bytes(superblockBytes)
      .u8(0x89)
      .text('HDF')
      .u8(0x0d, 0x0a, 0x1a, 0x0a)
      .u8(0, 0, 0, 0, 0, 8, 8, 0)
      .u16(this.leafHalf)
      .u16(treeHalf)
      .u32(0)
      .u64(0)
      .u64(undefinedAddress)
      .u64(this.end)
      .u64(undefinedAddress)
      .u64(0)
      .u64(root.header)
      .u32(1)
      .u32(0)
      .u64(root.tree)
      .u64(root.heap)
    const file = new Uint8Array(this.end)
    file.set(start.bytes)
    let at = superblockBytes
    for (const part of this.parts) {
      file.set(part, at)
      at += part.length
    }
    return file
  }
}

/** Groups are made as the paths name them. */
export const writeHdf5 = (arrays: readonly Hdf5Array[]): Uint8Array => new Writer(treeOf(arrays)).write()
