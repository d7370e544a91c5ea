/** What was done to the bytes of a chunk, undone: shuffling, deflation, checksums (specification, section IV.A.2.l). */
import { EspalierError } from '../../../../contract/errors'
import { inflateExactly } from '../../../archive/inflate'
import { broken, type Cursor } from './bytes'

export interface Filter {
  readonly id: number
}

const ids = { deflate: 1, shuffle: 2, fletcher: 3 } as const

/** In the order in which they were applied. */
export function filtersOf(message: Cursor | undefined): Filter[] {
  if (!message) return []
  const version = message.u8()
  const count = message.u8()
  if (version === 1) message.skip(6)
  return Array.from({ length: count }, () => {
    const id = message.u16()
    const nameLength = version === 1 || id >= 256 ? message.u16() : 0
    message.skip(2)
    const values = message.u16()
    message.skip(nameLength)
    message.skip(Math.min(message.left, 4 * values + (version === 1 && values % 2 === 1 ? 4 : 0)))
    return { id }
  })
}

/** Elements whose first bytes lie together, then their second ones, and so on. */
function unshuffled(bytes: Uint8Array, elementSize: number): Uint8Array {
  const count = Math.floor(bytes.length / elementSize)
  const out = new Uint8Array(bytes.length)
  for (let byte = 0; byte < elementSize; byte++) {
    for (let i = 0; i < count; i++) out[i * elementSize + byte] = bytes[byte * count + i] as number
  }
  out.set(bytes.subarray(count * elementSize), count * elementSize)
  return out
}

/** @param size bytes of the whole chunk @throws MODEL_UNSUPPORTED_FEATURE, FILE_UNREADABLE, FILE_TRUNCATED */
export function unfiltered(
  stored: Uint8Array,
  filters: readonly Filter[],
  skipped: number,
  size: number,
  elementSize: number,
): Uint8Array {
  let bytes = stored
  for (let i = filters.length - 1; i >= 0; i--) {
    if (skipped & (1 << i)) continue
    const { id } = filters[i] as Filter
    if (id === ids.fletcher) bytes = bytes.subarray(0, bytes.length - 4)
    else if (id === ids.shuffle) bytes = unshuffled(bytes, elementSize)
    else if (id === ids.deflate) {
      // Two bytes of zlib's head and four of its checksum around the data; a checksum of ours may lie inside.
      const inner = filters.slice(0, i).some((each) => each.id === ids.fletcher) ? 4 : 0
      bytes = inflateExactly('a weight', bytes.subarray(2, bytes.length - 4), size + inner)
    } else {
      throw new EspalierError(
        'MODEL_UNSUPPORTED_FEATURE',
        `A weight in this HDF5 file is packed by the filter ${id}, which Espalier does not read. Save the network again without compression, or with gzip.`,
      )
    }
  }
  if (bytes.length !== size) broken('a chunk has another size than its array says')
  return bytes
}
