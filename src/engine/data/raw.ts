/** Samples as they lie in their files: what every source reads into, before a network says how it wants them. */

/** What a sequence is read as: token ids, 1 where a token is, segments (all 0), places, or the tokens that follow. */
export type SequenceRole = 'ids' | 'mask' | 'segments' | 'positions' | 'next'

/** One input of a table. */
export interface RawField {
  /** Of one sample, as in the file. */
  readonly dims: readonly number[]
  /** Bytes that stand for 0..1 and are normalised when they are read. */
  readonly pixels: boolean
  /** Token ids, masks: fed as integers where the network reads integers. */
  readonly integer: boolean
  /** Elements of one sample, row-major over `dims`. */
  row(index: number): ArrayLike<number>
  /** The same field with every image brought to this size; only where samples are pictures of any size. */
  resized?(channels: number, height: number, width: number): RawField
  /** The same texts at another length, or what belongs to them; only where samples are texts. */
  sequence?(role: SequenceRole, length: number): RawField
  /** What sample `index` says; only where samples are texts. */
  readonly text?: (index: number) => string
  /** What a token stands for; only where samples are texts. */
  readonly word?: (id: number) => string
}

export interface RawTable {
  readonly count: number
  /** Keyed by the network's input name; `''` stands for the only input. */
  readonly fields: ReadonlyMap<string, RawField>
  readonly labels: Int32Array | Float32Array | null
}

export interface RawData {
  readonly kind: 'npz' | 'idx' | 'image-folder' | 'cifar' | 'csv' | 'jsonl'
  readonly classes: readonly string[]
  /** Names of a table's columns without the label's. */
  readonly columns?: readonly string[] | undefined
  /** A channel; empty where the file gives none. */
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly train: RawTable
  readonly validation: RawTable | null
  readonly test: RawTable | null
  readonly hash: string
}

/** What numbers of a file are read into. */
export type FileNumbers =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array

/** A field whose samples lie one after the other in an array. */
export function arrayField(data: FileNumbers, dims: readonly number[], pixels: boolean, integer: boolean): RawField {
  const size = dims.reduce((product, dim) => product * dim, 1)
  return { dims, pixels, integer, row: (index) => data.subarray(index * size, (index + 1) * size) }
}

export const emptyTable = (fields: ReadonlyMap<string, RawField>): RawTable => ({ count: 0, fields, labels: null })
