/**
 * HDF5 in memory: groups, texts that are attributes, and arrays, as Keras and h5py save them (old and new layouts). Every
 * structure is checked before it is followed, so that a damaged or hostile file ends in a sentence, never in a long wait.
 */
import { EspalierError } from '../../../../contract/errors'
import { sizeOf, type TensorData } from '../../../graph/tensor'
import { type Attributes, attributesOf } from './attributes'
import { BrokenStructure, FileBytes } from './bytes'
import { arrayOf, type StoredArray } from './datasets'
import { type Message, messagesAt, openFile } from './headers'
import { linksOf } from './links'
import { numbersOf } from './types'

export const matchHdf5 = (bytes: Uint8Array): boolean =>
  [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a].every((byte, i) => bytes[i] === byte)

/** Far above any weight of a network, and below what memory holds. */
const largestArray = 2 ** 31
/** DEFLATE cannot expand further than this. */
const largestRatio = 1032

/** One object of the file, its parts read when they are first asked for. */
interface Entity {
  readonly messages: readonly Message[]
  links?: ReadonlyMap<string, number> | null
  attributes?: Attributes
  tensor?: TensorData
}

export class Hdf5 {
  private readonly entities = new Map<number, Entity>()
  private readonly places = new Map<string, Entity | null>()

  private constructor(
    private readonly file: FileBytes,
    private readonly name: string,
    private readonly root: number,
  ) {}

  /** @throws FILE_UNREADABLE */
  static open(bytes: Uint8Array, name: string): Hdf5 {
    const file = new FileBytes(bytes)
    return guarded(name, () => {
      const opened = new Hdf5(file, name, openFile(file))
      opened.at(opened.root)
      return opened
    })
  }

  private at(address: number): Entity {
    const known = this.entities.get(address)
    if (known) return known
    const entity: Entity = { messages: messagesAt(this.file, address) }
    this.entities.set(address, entity)
    return entity
  }

  private linksOf(entity: Entity): ReadonlyMap<string, number> | undefined {
    if (entity.links === undefined) entity.links = linksOf(this.file, entity.messages) ?? null
    return entity.links ?? undefined
  }

  /** The object at a path; the root at the empty one. */
  private entity(path: string): Entity | undefined {
    if (path === '') return this.at(this.root)
    const known = this.places.get(path)
    if (known !== undefined) return known ?? undefined
    const cut = path.lastIndexOf('/')
    const parent = this.entity(path.slice(0, Math.max(0, cut)))
    const address = parent && this.linksOf(parent)?.get(path.slice(cut + 1))
    const found = address === undefined ? undefined : this.at(address)
    this.places.set(path, found ?? null)
    return found
  }

  private attribute(path: string, attribute: string): string | readonly string[] | undefined {
    return guarded(this.name, () => {
      const entity = this.entity(path)
      if (!entity || !this.linksOf(entity)) return undefined
      entity.attributes ??= attributesOf(this.file, entity.messages)
      return entity.attributes.get(attribute)
    })
  }

  has(path: string): boolean {
    return guarded(this.name, () => this.entity(path) !== undefined)
  }

  /** A text that is an attribute of a group. */
  text(path: string, attribute: string): string | undefined {
    const value = this.attribute(path, attribute)
    return typeof value === 'string' ? value : undefined
  }

  texts(path: string, attribute: string): readonly string[] {
    const value = this.attribute(path, attribute)
    return Array.isArray(value) ? value : []
  }

  /** The array at a path. @throws MODEL_UNSUPPORTED_FEATURE, FILE_TRUNCATED, FILE_UNREADABLE */
  array(path: string): TensorData | undefined {
    return guarded(this.name, () => {
      const entity = this.entity(path)
      if (!entity) return undefined
      const stored = entity.tensor ? undefined : arrayOf(this.file, entity.messages)
      if (stored) entity.tensor = this.tensorOf(path, stored)
      return entity.tensor
    })
  }

  private tensorOf(path: string, array: StoredArray): TensorData {
    const { dims, type, stored, packed } = array
    const count = sizeOf(dims)
    if (!(count * type.size <= Math.min(largestArray, packed ? stored * largestRatio : stored))) {
      throw new EspalierError(
        'FILE_TRUNCATED',
        `The weight "${path}" in "${this.name}" should have [${dims.join(', ')}] elements, more than the file can hold. It was probably not copied completely; get it again.`,
      )
    }
    const bytes = array.bytes()
    const aligned = bytes.byteOffset % 4 === 0 ? bytes : bytes.slice()
    const isView = aligned === bytes && type.kind === 'float' && type.size === 4 && !type.bigEndian && !packed
    // What is copied takes memory; honest arrays share no bytes.
    if (!isView) this.file.spend(bytes.length)
    const data = numbersOf(aligned, type, count)
    if (data) return { dtype: data instanceof Float32Array ? 'float32' : 'int32', dims, data }
    throw new EspalierError(
      'MODEL_UNSUPPORTED_FEATURE',
      `The weight "${path}" is stored in a type that Espalier does not read. Save the network with weights of float32 or float16.`,
    )
  }
}

/** What the format forbids becomes one sentence. */
function guarded<T>(name: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof BrokenStructure)) throw error
    throw new EspalierError(
      'FILE_UNREADABLE',
      `"${name}" is a damaged HDF5 file: its structure cannot be read. Copy or download it again.`,
      error,
    )
  }
}
