/** Sums of outer products over batches: the products in the backend's float32, the sums in float64. */
import { matMul, slice, sum, type Tensor, transpose } from '../runtime/tensors'

/** Columns multiplied at once: the blocks above the diagonal are not computed, so that wide moments cost about half. */
const CHUNK = 256

const chunkOf = (width: number): number => Math.ceil(width / Math.max(1, Math.round(width / CHUNK)))

/** Sum over rows of [z;1][z;1]^T. Nothing lives on the backend in between. */
export class MomentSum {
  /** Rows that were added. */
  count = 0
  private readonly moments: Float64Array

  /** @param width columns of z. */
  constructor(readonly width: number) {
    this.moments = new Float64Array((width + 1) ** 2)
  }

  /** Adds rows z [n, width]. Runs inside a tidy scope. */
  add(z: Tensor): void {
    const { width, moments } = this
    const n = z.shape[0] as number
    const size = width + 1
    const turned = transpose(z)
    const chunk = chunkOf(width)
    for (let start = 0; start < width; start += chunk) {
      const columns = Math.min(chunk, width - start)
      const left = start === 0 ? turned : slice(turned, [start, 0], [width - start, n])
      const right = columns === width ? z : slice(z, [0, start], [n, columns])
      const product = matMul(left, right).dataSync()
      for (let i = 0; i < width - start; i++) {
        const to = (start + i) * size + start
        const last = Math.min(columns, i + 1)
        for (let j = 0; j < last; j++) {
          moments[to + j] = (moments[to + j] as number) + (product[i * columns + j] as number)
        }
      }
    }
    const sums = sum(z, 0).dataSync()
    for (let j = 0; j < width; j++) {
      moments[width * size + j] = (moments[width * size + j] as number) + (sums[j] as number)
    }
    this.count += n
  }

  /**
   * Mean moments [width + 1, width + 1], both triangles, with rows and columns reordered: entry i of the result is
   * entry order[i] of z, the constant last.
   */
  mean(order: Int32Array): Float64Array {
    const size = this.width + 1
    const result = new Float64Array(order.length === this.width ? size * size : (order.length + 1) ** 2)
    const out = order.length + 1
    const place = (i: number) => (i < order.length ? (order[i] as number) : this.width)
    const scale = 1 / this.count
    this.moments[size * size - 1] = this.count
    for (let i = 0; i < out; i++) {
      const a = place(i)
      for (let j = 0; j <= i; j++) {
        const b = place(j)
        const value = scale * (this.moments[a >= b ? a * size + b : b * size + a] as number)
        result[i * out + j] = value
        result[j * out + i] = value
      }
    }
    return result
  }
}

/** Sum over rows of y [z;1]^T. */
export class CrossSum {
  private count = 0
  private readonly cross: Float64Array

  /**
   * @param width columns of z.
   * @param targets columns of y.
   */
  constructor(
    readonly width: number,
    readonly targets: number,
  ) {
    this.cross = new Float64Array((width + 1) * targets)
  }

  /** Adds rows z [n, width] with y [n, targets]. Runs inside a tidy scope. */
  add(z: Tensor, y: Tensor): void {
    const { width, targets, cross } = this
    const product = matMul(z, y, true, false).dataSync()
    for (let i = 0; i < product.length; i++) cross[i] = (cross[i] as number) + (product[i] as number)
    const sums = sum(y, 0).dataSync()
    for (let j = 0; j < targets; j++) {
      const at = width * targets + j
      cross[at] = (cross[at] as number) + (sums[j] as number)
    }
    this.count += z.shape[0] as number
  }

  /** Mean of y [z;1]^T as [targets, width + 1], columns reordered like `MomentSum.mean`. */
  mean(order: Int32Array): Float64Array {
    const out = order.length + 1
    const result = new Float64Array(this.targets * out)
    for (let i = 0; i < out; i++) {
      const from = (i < order.length ? (order[i] as number) : this.width) * this.targets
      for (let j = 0; j < this.targets; j++) result[j * out + i] = (this.cross[from + j] as number) / this.count
    }
    return result
  }
}

/** Sum over rows of g g^T. */
export class OuterSum {
  readonly sum: Float64Array

  constructor(readonly width: number) {
    this.sum = new Float64Array(width * width)
  }

  /** Adds rows g [n, width]. Runs inside a tidy scope. */
  add(g: Tensor): void {
    const product = matMul(transpose(g), g).dataSync()
    for (let i = 0; i < product.length; i++) this.sum[i] = (this.sum[i] as number) + (product[i] as number)
  }

  mean(count: number): Float64Array {
    return this.sum.map((value) => value / count)
  }
}
