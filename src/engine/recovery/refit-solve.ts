/** Ridge regression of one block of a linear operator towards the weights it has. */
import { cholesky, meanDiagonal, solveRows } from '../statistics/linear-algebra'

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
    this.ridge = ridge * meanDiagonal(moments, rows)
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
