/** The bytes of a training checkpoint: a JSON list of names and lengths, then the numbers, little-endian float32. */
import { EspalierError } from '../../contract/errors'

export interface StateEntry {
  readonly key: string
  readonly data: Float32Array
}

const magic = 'espalier-training-1'

export function encodeState(entries: readonly StateEntry[]): Uint8Array {
  const header = new TextEncoder().encode(
    JSON.stringify({ magic, entries: entries.map(({ key, data }) => [key, data.length]) }),
  )
  const total = entries.reduce((sum, { data }) => sum + data.length, 0)
  const bytes = new Uint8Array(4 + header.length + 4 * total)
  const view = new DataView(bytes.buffer)
  view.setUint32(0, header.length, true)
  bytes.set(header, 4)
  let at = 4 + header.length
  for (const { data } of entries) {
    for (const value of data) {
      view.setFloat32(at, value, true)
      at += 4
    }
  }
  return bytes
}

/** @throws FILE_UNREADABLE */
export function decodeState(bytes: Uint8Array): StateEntry[] {
  const unreadable = (cause?: unknown) =>
    new EspalierError(
      'FILE_UNREADABLE',
      'A training checkpoint is damaged, so training cannot go on from it. Start the run anew.',
      cause,
    )
  if (bytes.length < 4) throw unreadable()
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getUint32(0, true)
  let listed: [string, number][]
  try {
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)))
    if (header.magic !== magic) throw unreadable()
    listed = header.entries
  } catch (error) {
    throw unreadable(error)
  }
  let at = 4 + length
  if (bytes.length !== at + 4 * listed.reduce((sum, [, count]) => sum + count, 0)) throw unreadable()
  return listed.map(([key, count]) => {
    const data = new Float32Array(count)
    for (let i = 0; i < count; i++) {
      data[i] = view.getFloat32(at, true)
      at += 4
    }
    return { key, data }
  })
}
