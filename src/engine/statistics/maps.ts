/** Keeps the first samples' feature maps, for criteria that look at whole maps (rank, entropy). */
import { tidy, transpose } from '../runtime/tensors'
import type { LiveValues } from '../runtime/types'
import type { ReadValue } from './gates'
import { asRows, extentsOf } from './rows'
import type { FeatureMaps } from './types'

/** Bytes that kept maps may take; large inputs keep fewer samples. */
const LIMIT = 2 ** 28

/** Maps of a few batches, as plain data. */
export interface KeptMaps {
  readonly kept: number
  readonly parts: ReadonlyMap<string, { readonly data: readonly Float32Array[]; readonly extents: readonly number[] }>
}

export class MapKeeper {
  private kept = 0
  private most: number
  private readonly parts = new Map<string, { data: Float32Array[]; extents: readonly number[] }>()

  /** @param before samples that others have kept before these */
  constructor(
    private readonly reads: readonly ReadValue[],
    wanted: number,
    private readonly before = 0,
  ) {
    this.most = wanted - before
  }

  /** Samples that the limit has room for, at least one. */
  private affordable(values: LiveValues): number {
    let perSample = 0
    for (const { value } of this.reads) {
      const tensor = values.get(value)?.tensor
      if (tensor) perSample += (4 * tensor.size) / (tensor.shape[0] as number)
    }
    return Math.max(1, Math.floor(LIMIT / Math.max(1, perSample)))
  }

  /** Adds what is still wanted of one batch. */
  add(values: LiveValues): void {
    if (this.most <= this.kept || this.reads.length === 0) return
    if (this.kept === 0) this.most = Math.min(this.most, this.affordable(values) - this.before)
    if (this.most <= this.kept) return
    const missing = this.most - this.kept
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

  take(): KeptMaps {
    return { kept: this.kept, parts: this.parts }
  }

  /** Adds what was kept of the samples that follow. */
  put({ kept, parts }: KeptMaps): void {
    this.kept += kept
    for (const [value, { data, extents }] of parts) {
      const part = this.parts.get(value)
      if (part) part.data.push(...data)
      else this.parts.set(value, { data: [...data], extents })
    }
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
