/** Data as the engine reads it: tables of samples with labels, served in batches, never all at once in float. */

/** What a network reads for some samples: one array an input, row-major with the samples first (NCHW for images). */
export interface Batch {
  readonly count: number
  /** Keyed by the network's input name; `''` stands for the only input. */
  readonly inputs: ReadonlyMap<string, { readonly dims: readonly number[]; readonly data: Float32Array | Int32Array }>
  /** Class indices or regression targets; null where there are none. */
  readonly labels: Int32Array | Float32Array | null
}

/** A random-access table of samples; `read` normalises while it copies. */
export interface SampleTable {
  readonly count: number
  readonly labels: Int32Array | Float32Array | null
  /** What a sample says, where samples are texts; longer ones are cut. */
  readonly text?: ((index: number) => string) | undefined
  /** What a token stands for, where samples are texts. */
  readonly word?: ((id: number) => string) | undefined
  read(indices: Int32Array): Batch
}

export interface DataSource {
  readonly kind: 'npz' | 'idx' | 'image-folder' | 'cifar' | 'csv' | 'jsonl'
  /** Of one sample as read: [C, H, W] for images. */
  readonly sampleShape: readonly number[]
  readonly classes: readonly string[]
  /** What the columns of a table are called, the label's left out; absent where the file does not say. */
  readonly columns?: readonly string[] | undefined
  readonly mean: readonly number[]
  readonly std: readonly number[]
  readonly train: SampleTable
  /** The user's own verification split, if the data has one. */
  readonly validation: SampleTable | null
  readonly test: SampleTable | null
  /** SHA-256 over the files, hex. */
  readonly hash: string
}

/** Rows of one table. */
export interface Selection {
  readonly table: SampleTable
  readonly indices: Int32Array
}

/** Disjoint by construction: calibration, verification and finetune are drawn without overlap, test is its own table. */
export interface Splits {
  readonly calibration: Selection
  readonly verification: Selection
  /** Train rows that are in neither of the two. */
  readonly finetune: Selection
  readonly test: Selection | null
  /** true where verification had to be drawn from the train split. */
  readonly verificationFromTrain: boolean
}
