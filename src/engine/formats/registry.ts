/** Model formats, recognised by content: each says whether a file is its own, opens it and, where it can, writes it. */
import { EspalierError } from '../../contract/errors'
import type { Sentence } from '../../contract/sentences'
import type { Graph } from '../graph/graph'
import type { Precision } from './precision'

/** One file as a shell hands it in; the engine never opens files itself. */
export interface ModelFile {
  readonly name: string
  readonly bytes: Uint8Array
  /** The bytes are the reader's own: it may move weights within them instead of copying those that lie unaligned. */
  readonly movable?: boolean
}

/** Part of a file. */
export interface FileRange {
  readonly offset: number
  readonly length: number
}

/**
 * Reads a file beside the primary one; `name` is relative, as the model gives it. With a range it may answer with just
 * that part, which it must for files that are too large to be read as one; or with the whole file.
 */
export type ResolveFile = (name: string, range?: FileRange) => Promise<Uint8Array>

export interface ModelFormat {
  /** The name that stands in `Model.format` of the store and in the command line: `onnx`. */
  readonly name: string
  /** For people: `ONNX`. */
  readonly label: string
  match(bytes: Uint8Array, name: string): boolean
  /** Sentences pushed to `notes` are shown to the user. */
  open?(file: ModelFile, resolve: ResolveFile | undefined, notes: Sentence[]): Promise<Graph>
  /** Named files; the first is the primary one. */
  write?(graph: Graph, name: string, options: WriteOptions): Promise<readonly ModelFile[]>
}

export interface WriteOptions {
  /** `declared` (default): a batch the source had as a number is written as that number again. */
  readonly batch?: 'declared' | 'free'
  /** ONNX: weights of more bytes than this in all go to files beside the model, each at most as large. Default 1.9 GB. */
  readonly externalAbove?: number
  /** How weights are stored (default fp32); what reads them computes in float32 all the same. */
  readonly precision?: Precision
}

const formats = new Map<string, ModelFormat>()

/** @throws INTERNAL when the format is there already */
export function registerFormat(format: ModelFormat): void {
  if (formats.has(format.name)) {
    throw new EspalierError('INTERNAL', `The model format ${format.name} is registered twice.`)
  }
  formats.set(format.name, format)
}

export const registeredFormats = (): readonly ModelFormat[] => [...formats.values()]

export const findFormat = (name: string): ModelFormat | undefined => formats.get(name)

/** The format whose content this is. @throws FORMAT_UNKNOWN */
export function recogniseFormat(bytes: Uint8Array, name: string): ModelFormat {
  const found = registeredFormats().find((format) => format.open && format.match(bytes, name))
  if (found) return found
  const known = registeredFormats()
    .filter((format) => format.open)
    .map((format) => format.label)
  throw new EspalierError(
    'FORMAT_UNKNOWN',
    `"${name}" is not a network in a format that Espalier reads (${known.join(', ')}). Export the network to one of these.`,
  )
}
