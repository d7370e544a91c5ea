/** Ridge regression of one block of a linear operator towards the weights it has. */
import {
  add,
  concat,
  diag,
  factorOnBackend,
  factorsOnBackend,
  gather,
  keep,
  matMul,
  mean,
  mul,
  reshape,
  slice,
  solveOnBackend,
  square,
  sub,
  type Tensor,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
} from '../runtime/tensors'
import type { CrossSum, MomentSum } from '../statistics/accumulate'
import { cholesky, meanDiagonal, solveRows } from '../statistics/linear-algebra'
import { DEAD_RIDGE } from '../statistics/precision'
import { channelByChannel } from '../statistics/rows'
import { outputsOf, weightsAsHeld } from './refit-rows'

/** Factors the moments once, and solves for as many targets as come. Whoever makes one disposes it. */
export interface Ridge {
  /**
   * W that minimises E |y - W [z;1]|^2 + r |W - W0|^2.
   * @returns W, [outputs, columns + 1].
   */
  solve(cross: CrossSum): Float64Array
  dispose(): void
}

/**
 * @param towards W0, [outputs, columns + 1], the bias in the last column; `order` as `channelMajor` gives it.
 * @param ridge relative to the mean diagonal of A = E[z z^T].
 */
export function ridgeTowards(moments: MomentSum, towards: Float64Array, order: Int32Array, ridge: number): Ridge {
  const onBackend = factorsOnBackend() ? RidgeOnBackend.of(moments, towards, order, ridge) : null
  return onBackend ?? new RidgeTowards(moments.mean(order), towards, order, ridge)
}

/** In double precision, or where its factorisation is wide with the backend's products. */
class RidgeTowards implements Ridge {
  private readonly rows: number
  private readonly ridge: number

  /** @param moments A = E[[z;1][z;1]^T]; overwritten. */
  constructor(
    private readonly moments: Float64Array,
    private readonly towards: Float64Array,
    private readonly order: Int32Array,
    ridge: number,
  ) {
    const rows = order.length + 1
    this.rows = rows
    this.ridge = ridge * meanDiagonal(moments, rows) || DEAD_RIDGE
    for (let i = 0; i < rows; i++) moments[i * rows + i] = (moments[i * rows + i] as number) + this.ridge
    cholesky(moments, rows)
  }

  solve(sum: CrossSum): Float64Array {
    const cross = sum.mean(this.order)
    for (let i = 0; i < cross.length; i++) {
      cross[i] = (cross[i] as number) + this.ridge * (this.towards[i] as number)
    }
    solveRows(this.moments, this.rows, cross, cross.length / this.rows)
    return cross
  }

  dispose(): void {}
}

/** All of it where the sums are, in float32, in the order of z. */
class RidgeOnBackend implements Ridge {
  /** @param pull the ridge times W0, [columns + 1, outputs]. */
  private constructor(
    private readonly factor: Tensor2D,
    private readonly pull: Tensor2D,
    private readonly order: Int32Array,
  ) {}

  /** null where float32 cannot factor the moments. */
  static of(moments: MomentSum, towards: Float64Array, order: Int32Array, relative: number): RidgeOnBackend | null {
    const rows = order.length + 1
    let made: RidgeOnBackend | null = null
    tidy(() => {
      const mean = moments.meanOnBackend()
      const ridge = relative * meanOf(diagonalOf(mean).subarray(0, -1)) || DEAD_RIDGE
      const factor = factorOnBackend(add(mean, diag(tensor1d(new Float32Array(rows).fill(ridge)))))
      if (factor) made = new RidgeOnBackend(keep(factor), keep(mul(turned(towards, order), ridge) as Tensor2D), order)
    })
    return made
  }

  solve(cross: CrossSum): Float64Array {
    const { factor, pull, order } = this
    let weights = new Float64Array()
    tidy(() => {
      weights = turnedBack(solveOnBackend(factor, add(cross.meanOnBackend(), pull)), order)
    })
    return weights
  }

  dispose(): void {
    this.factor.dispose()
    this.pull.dispose()
  }
}

function diagonalOf(matrix: Tensor2D): Float32Array {
  const [n] = matrix.shape
  const places = Int32Array.from({ length: n }, (_, i) => i * (n + 1))
  return gather(reshape(matrix, [n * n]), tensor1d(places, 'int32')).dataSync() as Float32Array
}

const meanOf = (values: Float32Array): number =>
  values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : 0

/** W of [outputs, columns + 1] as [columns + 1, outputs], in the order of z. Runs inside a tidy scope. */
function turned(weights: Float64Array, order: Int32Array): Tensor2D {
  const { matrix, bias } = weightsAsHeld(weights, order)
  return transpose(concat([matrix, bias], 1)) as Tensor2D
}

/** The inverse of {@link turned}. Runs inside a tidy scope. */
function turnedBack(weights: Tensor2D, order: Int32Array): Float64Array<ArrayBuffer> {
  const columns = order.length
  const all = transpose(weights)
  const outputs = all.shape[0] as number
  const matrix = channelByChannel(slice(all, [0, 0], [outputs, columns]), order)
  return Float64Array.from(concat([matrix, slice(all, [0, columns], [outputs, 1])], 1).dataSync())
}

/**
 * The same where there are fewer rows than columns: with K = Z Z^T, as wide as there are rows, W = W0 + (Y - W0 Z)^T
 * (K + n r)^-1 Z. Made and used inside one tidy scope.
 */
export class RidgeOnRows {
  /** M = Z Z^T + n r, without the constant: beside its ones, small products would be lost. */
  private readonly products: Products
  /** M^-1 1, by which the constant is added: (M + 1 1^T)^-1 y = M^-1 y - M^-1 1 (1^T M^-1 y) / (1 + 1^T M^-1 1). */
  private readonly ones: Float64Array
  private readonly count: number

  /**
   * @param rows Z, [n, columns], tap by tap; the constant is not among the columns.
   * @param towards W0, [outputs, columns + 1], the bias in the last column; `order` as `channelMajor` gives it.
   * @param ridge relative to the mean square of the columns.
   */
  constructor(
    private readonly rows: Tensor,
    private readonly towards: Float64Array,
    private readonly order: Int32Array,
    ridge: number,
  ) {
    this.count = rows.shape[0] as number
    const { count } = this
    const added = count * ridge * (mean(square(rows)).dataSync()[0] as number) || DEAD_RIDGE
    this.products = productsOf(rows, added)
    this.ones = new Float64Array(count).fill(1)
    this.products.solve(this.ones, 1)
  }

  /** (M + 1 1^T)^-1 for every row of `shares`, which is overwritten. */
  private solveWithConstant(shares: Float64Array, outputs: number): void {
    const { products, ones, count } = this
    products.solve(shares, outputs)
    const whole = 1 + ones.reduce((sum, one) => sum + one, 0)
    for (let from = 0; from < shares.length; from += count) {
      let sum = 0
      for (let i = 0; i < count; i++) sum += shares[from + i] as number
      for (let i = 0; i < count; i++) {
        shares[from + i] = (shares[from + i] as number) - ((ones[i] as number) * sum) / whole
      }
    }
  }

  /** @param targets Y, [n, outputs]. @returns W, [outputs, columns + 1]. */
  solve(targets: Tensor): Float64Array {
    const { rows, towards, order, count } = this
    const columns = order.length
    const outputs = targets.shape[1] as number
    const missing = transpose(sub(targets, outputsOf(rows, towards, outputs, order)))
    const shares = Float64Array.from(missing.dataSync())
    this.solveWithConstant(shares, outputs)
    const inRows = matMul(tensor2d(new Float32Array(shares), [outputs, count]), rows)
    const change = channelByChannel(inRows, order).dataSync()
    const result = towards.slice()
    for (let o = 0; o < outputs; o++) {
      const [from, to] = [o * columns, o * (columns + 1)]
      for (let j = 0; j < columns; j++) result[to + j] = (result[to + j] as number) + (change[from + j] as number)
      for (let i = 0; i < count; i++) {
        result[to + columns] = (result[to + columns] as number) + (shares[o * count + i] as number)
      }
    }
    return result
  }
}

interface Products {
  /** M X = B in place: `b` holds the columns of B as rows, [outputs, n], and receives those of X. */
  solve(b: Float64Array, outputs: number): void
}

/** Z Z^T with `added` on its diagonal, factored; lives as long as the tidy scope that it is made in. */
function productsOf(rows: Tensor, added: number): Products {
  const n = rows.shape[0] as number
  const all = matMul(rows, rows, false, true) as Tensor2D
  const onBackend = factorsOnBackend()
    ? factorOnBackend(add(all, diag(tensor1d(new Float32Array(n).fill(added)))))
    : null
  if (onBackend) {
    return {
      solve: (b, outputs) => {
        const columns = transpose(tensor2d(Float32Array.from(b), [outputs, n])) as Tensor2D
        b.set(transpose(solveOnBackend(onBackend, columns)).dataSync())
      },
    }
  }
  const factor = Float64Array.from(all.dataSync())
  for (let i = 0; i < n; i++) factor[i * n + i] = (factor[i * n + i] as number) + added
  cholesky(factor, n)
  return { solve: (b, outputs) => solveRows(factor, n, b, outputs) }
}
