/** Ridge regression of one block of a linear operator towards the weights it has. */
import { matMul, mean, square, sub, type Tensor, tensor2d, transpose } from '../runtime/tensors'
import { cholesky, meanDiagonal, solveRows } from '../statistics/linear-algebra'
import { DEAD_RIDGE } from '../statistics/precision'
import { outputsOf } from './refit-rows'

/** Factors the moments once, and solves for as many targets as come. */
export class RidgeTowards {
  private readonly ridge: number

  /**
   * @param moments A = E[[z;1][z;1]^T], `rows` squared; overwritten.
   * @param towards W0, [outputs, rows], the bias in the last column.
   * @param ridge relative to the mean diagonal of A without the constant.
   */
  constructor(
    private readonly moments: Float64Array,
    private readonly towards: Float64Array,
    private readonly rows: number,
    ridge: number,
  ) {
    this.ridge = ridge * meanDiagonal(moments, rows) || DEAD_RIDGE
    for (let i = 0; i < rows; i++) moments[i * rows + i] = (moments[i * rows + i] as number) + this.ridge
    cholesky(moments, rows)
  }

  /**
   * W that minimises E |y - W [z;1]|^2 + r |W - W0|^2.
   * @param cross E[y [z;1]^T], [outputs, rows]; overwritten.
   * @returns W, [outputs, rows].
   */
  solve(cross: Float64Array): Float64Array {
    for (let i = 0; i < cross.length; i++) {
      cross[i] = (cross[i] as number) + this.ridge * (this.towards[i] as number)
    }
    solveRows(this.moments, this.rows, cross, cross.length / this.rows)
    return cross
  }
}

/**
 * The same where there are fewer rows than columns: with K = Z Z^T, as wide as there are rows, W = W0 + (Y - W0 Z)^T
 * (K + n r)^-1 Z. Made and used inside one tidy scope.
 */
export class RidgeOnRows {
  /** Of M = Z Z^T + n r, without the constant: beside its ones, small products would be lost. */
  private readonly factor: Float64Array
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
    this.factor = Float64Array.from(matMul(rows, rows, false, true).dataSync())
    const added = count * ridge * (mean(square(rows)).dataSync()[0] as number) || DEAD_RIDGE
    for (let i = 0; i < count; i++) this.factor[i * count + i] = (this.factor[i * count + i] as number) + added
    cholesky(this.factor, count)
    this.ones = new Float64Array(count).fill(1)
    solveRows(this.factor, count, this.ones, 1)
  }

  /** (M + 1 1^T)^-1 for every row of `shares`, which is overwritten. */
  private solveWithConstant(shares: Float64Array, outputs: number): void {
    const { factor, ones, count } = this
    solveRows(factor, count, shares, outputs)
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
    const change = matMul(tensor2d(new Float32Array(shares), [outputs, count]), rows).dataSync()
    const result = towards.slice()
    for (let o = 0; o < outputs; o++) {
      const to = o * (columns + 1)
      for (let j = 0; j < columns; j++) {
        result[to + j] = (result[to + j] as number) + (change[o * columns + (order[j] as number)] as number)
      }
      for (let i = 0; i < count; i++) {
        result[to + columns] = (result[to + columns] as number) + (shares[o * count + i] as number)
      }
    }
    return result
  }
}
