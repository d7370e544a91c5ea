/** What a reference network is: a name, a sentence and a way to build it for given samples and classes. */
import type { Graph } from '../graph/graph'

export interface ArchitectureOptions {
  /** Of one sample, [C, H, W]. */
  readonly sampleShape: readonly number[]
  readonly classes: number
  readonly seed: number
}

export interface Architecture {
  readonly name: string
  readonly summary: string
  /** The network with freshly drawn weights. @throws SHAPE_MISMATCH where the samples do not fit. */
  build(options: ArchitectureOptions): Graph
}
