/** HDF5 in memory: attributes and arrays of groups, sizes checked before anything is read. */
import { EspalierError } from '../../../contract/errors'
import { halfToNumber, sizeOf, type TensorData } from '../../graph/tensor'

export const matchHdf5 = (bytes: Uint8Array): boolean =>
  [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte)

type H5 = typeof import('h5wasm')
type H5File = InstanceType<H5['File']>
type H5Group = InstanceType<H5['Group']>

/** Far above any weight of a network, and below what memory holds. */
const largestArray = 2 ** 31

const unreadable = (name: string, error?: unknown): never => {
  throw new EspalierError(
    'FILE_UNREADABLE',
    `"${name}" is a damaged HDF5 file: its structure cannot be read. Copy or download it again.`,
    error,
  )
}

let opened = 0

/** The library writes every error it meets to the standard error stream; ours are sentences. */
function silence(files: object): void {
  const { getStream } = files as { getStream?(id: number): { stream_ops: object } | undefined }
  const stream = getStream?.(2)
  if (stream) stream.stream_ops = { ...stream.stream_ops, write: (...[, , , length]: unknown[]) => length }
}

export class Hdf5 {
  private readonly names = new Map<string, readonly string[]>()

  private constructor(
    private readonly library: H5,
    private readonly file: H5File,
    private readonly path: string,
    private readonly name: string,
    private readonly size: number,
  ) {}

  /** @throws FILE_UNREADABLE. Whoever opens it closes it. */
  static async open(bytes: Uint8Array, name: string): Promise<Hdf5> {
    // 4 MB that only Keras files need.
    const library = await import('h5wasm')
    const { FS } = await library.ready
    silence(FS)
    const path = `keras-${opened++}.h5`
    FS.writeFile(path, bytes)
    try {
      return new Hdf5(library, new library.File(path, 'r'), path, name, bytes.length)
    } catch (error) {
      FS.unlink(path)
      return unreadable(name, error)
    }
  }

  close(): void {
    try {
      this.file.close()
    } finally {
      this.library.FS?.unlink(this.path)
    }
  }

  /** Whatever the library throws about a broken file becomes one sentence. */
  private guarded<T>(read: () => T): T {
    try {
      return read()
    } catch (error) {
      if (error instanceof EspalierError) throw error
      return unreadable(this.name, error)
    }
  }

  private entity(path: string) {
    const entity = path === '' ? this.file : this.file.get(path)
    return entity ?? undefined
  }

  private group(path: string): H5Group | undefined {
    const entity = this.entity(path)
    return entity instanceof this.library.Group ? entity : undefined
  }

  /** Looked up in the names of each group on the way: asking the library for what is not there is slow. */
  has(path: string): boolean {
    const parts = path.split('/')
    return parts.every((part, i) => this.keys(parts.slice(0, i).join('/')).includes(part))
  }

  /** Names in a group, in no order; none where there is no such group. */
  keys(path: string): readonly string[] {
    const known = this.names.get(path)
    if (known) return known
    const found = this.guarded(() => this.group(path)?.keys() ?? [])
    this.names.set(path, found)
    return found
  }

  /** A text that is an attribute, whole. */
  text(path: string, attribute: string): string | undefined {
    return this.guarded(() => {
      const value = this.group(path)?.attrs[attribute]?.value
      return typeof value === 'string' ? value : undefined
    })
  }

  texts(path: string, attribute: string): string[] {
    return this.guarded(() => {
      const value = this.group(path)?.attrs[attribute]?.value
      return Array.isArray(value) ? value.map(String) : []
    })
  }

  /** The array at a path. @throws MODEL_INVALID, MODEL_UNSUPPORTED_FEATURE, FILE_UNREADABLE */
  array(path: string): TensorData | undefined {
    return this.guarded(() => {
      const dataset = this.entity(path)
      if (!(dataset instanceof this.library.Dataset)) return undefined
      const dims = (dataset.shape ?? []).map(Number)
      const count = sizeOf(dims)
      const { size } = dataset.metadata
      const packed = dataset.filters.length > 0
      const most = Math.min(largestArray, packed ? this.size * 1032 : this.size)
      if (!(count * size <= most)) {
        throw new EspalierError(
          'FILE_TRUNCATED',
          `The weight "${path}" in "${this.name}" should have [${dims.join(', ')}] elements, more than the file can hold. It was probably not copied completely; get it again.`,
        )
      }
      return tensorOf(dims, count, dataset.value, dataset.metadata, path)
    })
  }
}

function tensorOf(
  dims: readonly number[],
  count: number,
  value: unknown,
  metadata: { readonly size: number; readonly type: number },
  path: string,
): TensorData {
  // Without extents the library gives the number itself.
  const values = typeof value === 'number' || typeof value === 'bigint' ? Float32Array.of(Number(value)) : value
  if (values instanceof Float32Array && values.length === count) return { dtype: 'float32', dims, data: values }
  if (values instanceof Float64Array && values.length === count) {
    return { dtype: 'float32', dims, data: Float32Array.from(values) }
  }
  const half = values instanceof Uint8Array && metadata.size === 2 && metadata.type === 1
  if (half && values.length === 2 * count) {
    const bits = new Uint16Array(values.slice().buffer)
    return { dtype: 'float32', dims, data: Float32Array.from(bits, halfToNumber) }
  }
  const whole = values instanceof Int32Array || values instanceof Int8Array || values instanceof Uint8Array
  if (values instanceof BigInt64Array && values.length === count) {
    return { dtype: 'float32', dims, data: Float32Array.from(values, Number) }
  }
  if (whole && values.length === count) return { dtype: 'int32', dims, data: Int32Array.from(values) }
  throw new EspalierError(
    'MODEL_UNSUPPORTED_FEATURE',
    `The weight "${path}" is stored in a type that Espalier does not read. Save the network with weights of float32 or float16.`,
  )
}
