/** Ridge regression of one block of a linear operator towards the weights it has. */
import { cholesky, meanDiagonal, solveRows } from '../statistics/linear-algebra'

/**
 * W that minimises E |y - W [z;1]|^2 + r |W - W0|^2, r = ridge x mean diagonal of A without the constant.
 * @param moments A = E[[z;1][z;1]^T], `rows` squared; overwritten.
 * @param cross E[y [z;1]^T], [outputs, rows]; overwritten.
 * @param towards W0, [outputs, rows], the bias in the last column.
 * @returns W, [outputs, rows].
 */
export function ridgeTowards(
  moments: Float64Array,
  cross: Float64Array,
  towards: Float64Array,
  rows: number,
  ridge: number,
): Float64Array {
  const r = ridge * meanDiagonal(moments, rows)
  for (let i = 0; i < rows; i++) moments[i * rows + i] = (moments[i * rows + i] as number) + r
  for (let i = 0; i < cross.length; i++) cross[i] = (cross[i] as number) + r * (towards[i] as number)
  cholesky(moments, rows)
  solveRows(moments, rows, cross, cross.length / rows)
  return cross
}
