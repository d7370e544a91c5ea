/** IDX files (LeCun's MNIST format), plain or gzipped: images and labels of each split told by their names and contents. */

import { gunzipChecked, isGzip } from '../../archive/inflate'
import { sizeOf } from '../../graph/tensor'
import { invalidData, type TrackedFiles, truncatedData } from '../files'
import { checkFinite, classNames, readLabels } from '../labels'
import { arrayField, emptyTable, type RawData, type RawTable } from '../raw'

interface IdxArray {
  readonly name: string
  readonly dims: readonly number[]
  readonly data: Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array
}

/** Element readers by the type byte; everything is big-endian. */
const types = new Map([
  [0x08, { width: 1, make: Uint8Array, read: (view: DataView, at: number) => view.getUint8(at) }],
  [0x09, { width: 1, make: Int8Array, read: (view: DataView, at: number) => view.getInt8(at) }],
  [0x0b, { width: 2, make: Int16Array, read: (view: DataView, at: number) => view.getInt16(at) }],
  [0x0c, { width: 4, make: Int32Array, read: (view: DataView, at: number) => view.getInt32(at) }],
  [0x0d, { width: 4, make: Float32Array, read: (view: DataView, at: number) => view.getFloat32(at) }],
  [0x0e, { width: 8, make: Float64Array, read: (view: DataView, at: number) => view.getFloat64(at) }],
])

/** Two zero bytes, a type that exists, one to four dimensions. */
const looksLikeIdx = (bytes: Uint8Array): boolean =>
  bytes[0] === 0 && bytes[1] === 0 && types.has(bytes[2] ?? -1) && (bytes[3] ?? 0) >= 1 && (bytes[3] ?? 0) <= 4

/** Names that may be IDX files; what they are is then told by their bytes. */
export const isIdxName = (name: string): boolean =>
  /\.gz$/i.test(name) || /(^|[-._/])idx\d?([-._]|$)/i.test(name) || /-(images|labels)\b|ubyte/i.test(name)

/** @throws FILE_TRUNCATED, FILE_UNREADABLE, FILE_TOO_LARGE, DATA_INVALID */
export function readIdx(file: Uint8Array, name: string): IdxArray {
  const bytes = isGzip(file) ? gunzipChecked(name, file) : file
  if (!looksLikeIdx(bytes)) {
    return invalidData(
      `"${name}" does not begin like an IDX file. Choose the files as they come from the data set's page.`,
    )
  }
  const rank = bytes[3] as number
  const start = 4 + 4 * rank
  if (bytes.length < start) return truncatedData(name, 'its header is incomplete')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const dims = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const type = types.get(bytes[2] as number) as NonNullable<ReturnType<typeof types.get>>
  const count = sizeOf(dims)
  if (!(count * type.width <= bytes.length - start)) {
    return truncatedData(
      name,
      `[${dims.join(', ')}] needs ${count * type.width} bytes of data and ${bytes.length - start} are there`,
    )
  }
  if (type.make === Uint8Array) return { name, dims, data: bytes.subarray(start, start + count) }
  const data = new type.make(count)
  for (let i = 0; i < count; i++) data[i] = type.read(view, start + i * type.width)
  return { name, dims, data }
}

const splitOf = (name: string): 'train' | 'test' | 'validation' => {
  if (/valid|(^|[-_/])val[-_./]/i.test(name)) return 'validation'
  return /t10k|test/i.test(name) ? 'test' : 'train'
}

function tableOf(arrays: readonly IdxArray[], split: string): RawTable | null {
  const images = arrays.filter((array) => array.dims.length > 1)
  const labels = arrays.filter((array) => array.dims.length === 1)
  const [x] = images
  if (images.length > 1 || labels.length > 1) {
    return invalidData(
      `The folder holds several files for the ${split} split (${arrays.map((a) => a.name).join(', ')}). Keep one file of images and one of labels a split.`,
    )
  }
  if (!x) {
    return labels[0]
      ? invalidData(
          `"${labels[0].name}" holds labels, but there are no images for them. Put the file of images beside it.`,
        )
      : null
  }
  const [count = 0, ...dims] = x.dims
  if (x.data instanceof Float32Array || x.data instanceof Float64Array) checkFinite(x.data, sizeOf(dims), x.name)
  const pixels = x.data instanceof Uint8Array
  const fields = new Map([['', arrayField(x.data, dims, pixels, !pixels && !/Float/.test(x.data.constructor.name))]])
  const [y] = labels
  const float = y !== undefined && /Float/.test(y.data.constructor.name)
  return { count, fields, labels: y ? readLabels(y.data, y.dims, float, count, 0, y.name) : null }
}

/** @throws FILE_*, DATA_INVALID, DATA_LABELS_OUT_OF_RANGE, DATA_NON_FINITE */
export async function openIdx(files: TrackedFiles, names: readonly string[]): Promise<Omit<RawData, 'hash'>> {
  const arrays: IdxArray[] = []
  for (const name of names) arrays.push(readIdx(await files.read(name), name))
  const split = (wanted: string) =>
    tableOf(
      arrays.filter((array) => splitOf(array.name) === wanted),
      wanted,
    )
  const [train, validation, test] = [split('train'), split('validation'), split('test')]
  const first = train ?? test ?? validation
  if (!first)
    return invalidData('The folder holds no IDX file of images. Put the files of images and labels in one folder.')
  const classes = classNames(
    [],
    [train, validation, test].map((table) => table?.labels ?? null),
  )
  return { kind: 'idx', classes, mean: [], std: [], train: train ?? emptyTable(first.fields), validation, test }
}
