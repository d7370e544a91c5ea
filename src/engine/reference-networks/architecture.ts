/** What a reference network is: a name, a sentence and a way to build it for given samples and classes. */
import type { Graph } from '../graph/graph'

export interface ArchitectureOptions {
  /** Of one sample: [C, H, W], or [length] of token ids. */
  readonly sampleShape: readonly number[]
  /** How many token ids there are, where samples are texts. */
  readonly vocabulary?: number
  readonly classes: number
  readonly seed: number
}

export interface Architecture {
  readonly name: string
  readonly summary: string
  /** It reads token ids. */
  readonly text?: true
  /** The network with freshly drawn weights. @throws SHAPE_MISMATCH where the samples do not fit. */
  build(options: ArchitectureOptions): Graph
}
