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
  private readonly factor: Float64Array
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
    // The constant column adds 1 to every product of two rows; in single precision small products would be lost in it.
    this.factor = Float64Array.from(matMul(rows, rows, false, true).dataSync(), (product) => product + 1)
    const added = count * ridge * (mean(square(rows)).dataSync()[0] as number) || DEAD_RIDGE
    for (let i = 0; i < count; i++) this.factor[i * count + i] = (this.factor[i * count + i] as number) + added
    cholesky(this.factor, count)
  }

  /** @param targets Y, [n, outputs]. @returns W, [outputs, columns + 1]. */
  solve(targets: Tensor): Float64Array {
    const { rows, towards, order, count } = this
    const columns = order.length
    const outputs = targets.shape[1] as number
    const missing = transpose(sub(targets, outputsOf(rows, towards, outputs, order)))
    const shares = Float64Array.from(missing.dataSync())
    solveRows(this.factor, count, shares, outputs)
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
