/**
 * Sums of outer products over batches: the products, and the sums of a few batches, in the backend's float32; all sums
 * in float64.
 */
import {
  add,
  concat,
  keep,
  matMul,
  mul,
  pad,
  reshape,
  slice,
  sum,
  type Tensor,
  type Tensor2D,
  tensor2d,
} from '../runtime/tensors'

/** Columns multiplied at once: the blocks above the diagonal are not computed, so that wide moments cost about half. */
const CHUNK = 256

const chunkOf = (width: number): number => Math.ceil(width / Math.max(1, Math.round(width / CHUNK)))

/** Batches whose products are added up on the backend before they are read. */
export const BATCHES = 8

/** What was added to a sum over a few batches, as plain data. */
export interface PartialSum {
  /** Rows. */
  readonly count: number
  /** Products as the backend gave them; none where there were no rows. */
  readonly parts: readonly Float32Array[]
}

/** Products of the last few batches, which live on the backend until `read` or `dispose`. */
class BackendSum {
  private held: Tensor[] = []
  private batches = 0

  /** @param into adds what was read to the sums in float64. */
  constructor(private readonly into: (parts: readonly ArrayLike<number>[]) => void) {}

  /** Adds one batch's products. Runs inside a tidy scope. */
  add(parts: readonly Tensor[]): void {
    if (this.batches === BATCHES) this.read()
    const known = this.held
    this.held = parts.map((part, i) => keep(known.length === 0 ? part : add(known[i] as Tensor, part)))
    for (const tensor of known) tensor.dispose()
    this.batches++
  }

  /** What is held, which is then gone here. */
  take(): Float32Array[] {
    const parts = this.held.map((tensor) => (tensor.dataSync() as Float32Array).slice())
    this.dispose()
    return parts
  }

  /** What is held, which stays here. */
  get parts(): readonly Tensor[] {
    return this.held
  }

  read(): void {
    if (this.held.length > 0) this.into(this.held.map((tensor) => tensor.dataSync()))
    this.dispose()
  }

  dispose(): void {
    for (const tensor of this.held) tensor.dispose()
    this.held = []
    this.batches = 0
  }
}

/** Sum over rows of [z;1][z;1]^T. Whoever makes one disposes it. */
export class MomentSum {
  /** Rows that were added. */
  count = 0
  /** Made for the first sums: whoever only hands on needs none. */
  private sums: Float64Array | null = null
  private readonly pending = new BackendSum((parts) => {
    this.gather(parts)
  })

  /** @param width columns of z. */
  constructor(readonly width: number) {}

  private get moments(): Float64Array {
    this.sums ??= new Float64Array((this.width + 1) ** 2)
    return this.sums
  }

  /** What was added, of at most {@link BATCHES} batches since the last time, to be put into another sum. */
  take(): PartialSum {
    const { count } = this
    this.count = 0
    return { count, parts: this.pending.take() }
  }

  put({ count, parts }: PartialSum): void {
    if (parts.length > 0) this.gather(parts)
    this.count += count
  }

  /** Adds rows z [n, width]. Runs inside a tidy scope. */
  add(z: Tensor): void {
    const { width } = this
    const n = z.shape[0] as number
    const chunk = chunkOf(width)
    const parts: Tensor[] = []
    for (let start = 0; start < width; start += chunk) {
      const columns = Math.min(chunk, width - start)
      const left = start === 0 ? z : slice(z, [0, start], [n, width - start])
      const right = columns === width ? z : slice(z, [0, start], [n, columns])
      parts.push(matMul(left, right, true, false))
    }
    this.pending.add([...parts, sum(z, 0)])
    this.count += n
  }

  private gather(parts: readonly ArrayLike<number>[]): void {
    const { width, moments } = this
    const size = width + 1
    const chunk = chunkOf(width)
    parts.slice(0, -1).forEach((product, part) => {
      const start = part * chunk
      const columns = Math.min(chunk, width - start)
      for (let i = 0; i < width - start; i++) {
        const to = (start + i) * size + start
        const last = Math.min(columns, i + 1)
        for (let j = 0; j < last; j++) {
          moments[to + j] = (moments[to + j] as number) + (product[i * columns + j] as number)
        }
      }
    })
    addTo(moments, width * size, parts.at(-1) as ArrayLike<number>)
  }

  /**
   * Mean moments [width + 1, width + 1], both triangles, with rows and columns reordered: entry i of the result is
   * entry order[i] of z, the constant last.
   */
  mean(order: Int32Array): Float64Array {
    this.pending.read()
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

  /**
   * The same on the backend, in the order of z: [width + 1, width + 1], of which only the lower triangle is right. What
   * was never read needs not be. Runs inside a tidy scope.
   */
  meanOnBackend(): Tensor2D {
    const { width, count } = this
    const size = width + 1
    if (this.sums === null && this.pending.parts.length > 0) {
      const chunk = chunkOf(width)
      const products = this.pending.parts.slice(0, -1).map((product, part) => below(product, part * chunk))
      const last = concat([reshape(this.pending.parts.at(-1) as Tensor, [1, width]), tensor2d([count], [1, 1])], 1)
      return mul(concat([below(concat(products, 1), 0, 1), last]), 1 / count) as Tensor2D
    }
    this.pending.read()
    this.moments[size * size - 1] = count
    return mul(tensor2d(Float32Array.from(this.moments), [size, size]), 1 / count) as Tensor2D
  }

  dispose(): void {
    this.pending.dispose()
  }
}

/** A matrix with zeros above it, and to its right. */
const below = (matrix: Tensor, above: number, right = 0): Tensor =>
  above === 0 && right === 0
    ? matrix
    : pad(matrix, [
        [above, 0],
        [0, right],
      ])

/** Sum over rows of y [z;1]^T. Whoever makes one disposes it. */
export class CrossSum {
  private count = 0
  private readonly cross: Float64Array
  private readonly pending = new BackendSum(([product, sums]) => {
    addTo(this.cross, 0, product as ArrayLike<number>)
    addTo(this.cross, this.width * this.targets, sums as ArrayLike<number>)
  })

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
    this.pending.add([matMul(z, y, true, false), sum(y, 0)])
    this.count += z.shape[0] as number
  }

  /** Mean of y [z;1]^T as [targets, width + 1], columns reordered like `MomentSum.mean`. */
  mean(order: Int32Array): Float64Array {
    this.pending.read()
    const out = order.length + 1
    const result = new Float64Array(this.targets * out)
    for (let i = 0; i < out; i++) {
      const from = (i < order.length ? (order[i] as number) : this.width) * this.targets
      for (let j = 0; j < this.targets; j++) result[j * out + i] = (this.cross[from + j] as number) / this.count
    }
    return result
  }

  /** The same on the backend, in the order of z: [width + 1, targets]. Runs inside a tidy scope. */
  meanOnBackend(): Tensor2D {
    const { width, targets } = this
    this.pending.read()
    return mul(tensor2d(Float32Array.from(this.cross), [width + 1, targets]), 1 / this.count) as Tensor2D
  }

  dispose(): void {
    this.pending.dispose()
  }
}

/** Sum over rows of g g^T. Whoever makes one disposes it. */
export class OuterSum {
  private sums: Float64Array | null = null
  private readonly pending = new BackendSum(([product]) => {
    addTo(this.sum, 0, product as ArrayLike<number>)
  })

  constructor(readonly width: number) {}

  private get sum(): Float64Array {
    this.sums ??= new Float64Array(this.width ** 2)
    return this.sums
  }

  /** As in {@link MomentSum}; rows are not counted. */
  take(): Float32Array[] {
    return this.pending.take()
  }

  put([product]: readonly Float32Array[]): void {
    if (product) addTo(this.sum, 0, product)
  }

  /** Adds rows g [n, width]. Runs inside a tidy scope. */
  add(g: Tensor): void {
    this.pending.add([matMul(g, g, true, false)])
  }

  mean(count: number): Float64Array {
    this.pending.read()
    return this.sum.map((value) => value / count)
  }

  dispose(): void {
    this.pending.dispose()
  }
}

function addTo(sums: Float64Array, from: number, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) sums[from + i] = (sums[from + i] as number) + (values[i] as number)
}
