/** Keeps the first samples' feature maps, for criteria that look at whole maps (rank, entropy). */
import { tidy, transpose } from '../runtime/tensors'
import type { LiveValues } from '../runtime/types'
import type { ReadValue } from './gates'
import { asRows, extentsOf } from './rows'
import type { FeatureMaps } from './types'

export class MapKeeper {
  private kept = 0
  private readonly parts = new Map<string, { data: Float32Array[]; extents: readonly number[] }>()

  constructor(
    private readonly reads: readonly ReadValue[],
    private readonly most: number,
  ) {}

  /** Adds what is still wanted of one batch. */
  add(values: LiveValues): void {
    const missing = this.most - this.kept
    if (missing <= 0 || this.reads.length === 0) return
    let added = 0
    for (const { value, channelAxis } of this.reads) {
      const live = values.get(value)
      if (!live) continue
      const { samples, spatial, channels } = extentsOf(live, channelAxis)
      added = Math.min(missing, samples)
      const maps = tidy(() => transpose(asRows(live, channelAxis), [0, 2, 1]).dataSync() as Float32Array)
      const positions = spatial.reduce((a, b) => a * b, 1)
      const part = this.parts.get(value) ?? { data: [], extents: spatial }
      part.data.push(maps.slice(0, added * channels * positions))
      this.parts.set(value, part)
    }
    this.kept += added
  }

  finish(): FeatureMaps[] {
    return this.reads.flatMap(({ value, units }) => {
      const part = this.parts.get(value)
      if (!part) return []
      const data = new Float32Array(part.data.reduce((total, piece) => total + piece.length, 0))
      let at = 0
      for (const piece of part.data) {
        data.set(piece, at)
        at += piece.length
      }
      return [{ value, units, samples: this.kept, extents: part.extents, data }]
    })
  }
}
