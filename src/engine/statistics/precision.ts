/** The inverse of a consumer's moments, with the ridge of the specification's step 1. */
import { inverse, meanDiagonal } from './linear-algebra'

/** Ridge relative to the mean diagonal of A, and the absolute one of the constant. */
export const MOMENT_RIDGE = 1e-3
const CONSTANT_RIDGE = 1e-6
/** Ridge where every input is zero, so that nothing is a share of anything: such weights stay as they are, and cost nothing. */
export const DEAD_RIDGE = 1e-9

/** P = (A + ridge)^-1 for moments of `rows` squared whose last row is the constant. The moments are left alone. */
export function precisionOf(moments: Float64Array, rows: number, ridge = MOMENT_RIDGE): Float64Array {
  const ridged = moments.slice()
  const added = ridge * meanDiagonal(moments, rows) || DEAD_RIDGE
  for (let i = 0; i < rows; i++) {
    ridged[i * rows + i] = (ridged[i * rows + i] as number) + (i < rows - 1 ? added : CONSTANT_RIDGE)
  }
  return inverse(ridged, rows)
}
