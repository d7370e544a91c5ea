/** What A and G of one operator are summed from, block by block; parts of it go from one observing to another. */
import type { MomentSum, OuterSum, PartialSum } from './accumulate'

/** What was seen of a few batches, as plain data. */
export interface ObservedLayer {
  readonly samples: number
  readonly moments: readonly PartialSum[]
  readonly outer: readonly (readonly Float32Array[])[]
}

/** Whoever makes one disposes it. */
export class LayerSums {
  samples = 0

  /** @param moments and `outer`: one a block, none where they are not wanted */
  constructor(
    readonly moments: readonly MomentSum[],
    readonly outer: readonly OuterSum[],
  ) {}

  /** What was added since the last time, of at most `BATCHES` batches; it is gone here. */
  take(): ObservedLayer {
    const { samples } = this
    this.samples = 0
    return { samples, moments: this.moments.map((sum) => sum.take()), outer: this.outer.map((sum) => sum.take()) }
  }

  put({ samples, moments, outer }: ObservedLayer): void {
    this.samples += samples
    this.moments.forEach((sum, b) => {
      sum.put(moments[b] as PartialSum)
    })
    this.outer.forEach((sum, b) => {
      sum.put(outer[b] as readonly Float32Array[])
    })
  }

  dispose(): void {
    for (const sum of [...this.moments, ...this.outer]) sum.dispose()
  }
}
