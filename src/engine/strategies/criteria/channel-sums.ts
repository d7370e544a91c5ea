/** Sums over the channels of a weight, along both sides in one pass: what norms of coupled slices are made of. */
import { sizeOf, type TensorData, toFloat32 } from '../../graph/tensor'

/** Squares summed along the first two axes of a weight [D0, D1, ...taps]. */
export interface ChannelSums {
  /** One number an index of axis 0, over all the rest. */
  readonly first: Float64Array
  /** One number an index of axis 1; with groups one for each index in each group of axis 0, group by group. */
  readonly second: Float64Array
}

function squaresOf(weight: TensorData, groups: number): ChannelSums {
  const data = toFloat32(weight)
  const [outer = 1, inner = 1] = weight.dims
  const taps = sizeOf(weight.dims.slice(2))
  const first = new Float64Array(outer)
  const second = new Float64Array(groups * inner)
  const perGroup = outer / groups
  for (let o = 0; o < outer; o++) {
    const sums = second.subarray(Math.floor(o / perGroup) * inner, (Math.floor(o / perGroup) + 1) * inner)
    first[o] = taps === 1 ? addPoints(data, o * inner, sums) : addTaps(data, o * inner * taps, taps, sums)
  }
  return { first, second }
}

/** Adds the squares of one row to `sums`, one element a channel; four sums side by side, for none waits for another. */
function addPoints(data: Float32Array, from: number, sums: Float64Array): number {
  const { length } = sums
  let a = 0
  let b = 0
  let c = 0
  let d = 0
  let i = 0
  for (; i + 3 < length; i += 4) {
    const w = data[from + i] as number
    const x = data[from + i + 1] as number
    const y = data[from + i + 2] as number
    const z = data[from + i + 3] as number
    a += w * w
    b += x * x
    c += y * y
    d += z * z
    sums[i] = (sums[i] as number) + w * w
    sums[i + 1] = (sums[i + 1] as number) + x * x
    sums[i + 2] = (sums[i + 2] as number) + y * y
    sums[i + 3] = (sums[i + 3] as number) + z * z
  }
  for (; i < length; i++) {
    const w = data[from + i] as number
    a += w * w
    sums[i] = (sums[i] as number) + w * w
  }
  return a + b + c + d
}

/** The same where each channel has several elements. */
function addTaps(data: Float32Array, from: number, taps: number, sums: Float64Array): number {
  let total = 0
  let at = from
  for (let i = 0; i < sums.length; i++) {
    let sum = 0
    for (const end = at + taps; at < end; at++) {
      const value = data[at] as number
      sum += value * value
    }
    sums[i] = (sums[i] as number) + sum
    total += sum
  }
  return total
}

/** Sums of the weights of one network, each made when it is first asked for and kept: two groups meet in every weight. */
export class WeightSums {
  private readonly known = new Map<TensorData, Map<number, ChannelSums>>()

  /** @param groups into which axis 0 is split for axis 1 */
  squares(weight: TensorData, groups: number): ChannelSums {
    let ofWeight = this.known.get(weight)
    if (!ofWeight) {
      ofWeight = new Map()
      this.known.set(weight, ofWeight)
    }
    let sums = ofWeight.get(groups)
    if (!sums) {
      sums = squaresOf(weight, groups)
      ofWeight.set(groups, sums)
    }
    return sums
  }
}
