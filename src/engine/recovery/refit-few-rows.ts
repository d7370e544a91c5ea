/** The least squares of an operator that has fewer rows than columns: solved in its rows, which gives the same weights. */
import { concat, type Tensor, tidy } from '../runtime/tensors'
import type { Rectifier } from './refit-plan'
import { rectifiedTargets } from './refit-rectifier'
import { type BatchRows, outputsOf } from './refit-rows'
import { RidgeOnRows } from './refit-solve'

/**
 * @param batches rows and targets of all batches, at least one; they stay with the caller
 * @param towards weights before, [outputs, columns + 1]
 * @param order as `channelMajor` gives it
 * @param ridge relative to the mean diagonal of the moments
 * @param steps how often the fit is repeated towards what the rectifier lets through
 * @returns weights, [outputs, columns + 1]
 */
export function solvedOnRows(
  batches: readonly BatchRows[],
  towards: Float64Array,
  order: Int32Array,
  outputs: number,
  ridge: number,
  rectifier: Rectifier | null,
  steps: number,
): Float64Array {
  let weights = towards
  tidy(() => {
    const whole = (of: 'rows' | 'targets' | 'offset') => concat(batches.map((parts) => parts[of] as Tensor))
    const [rows, targets] = [whole('rows'), whole('targets')]
    const solver = new RidgeOnRows(rows, weights, order, ridge)
    weights = solver.solve(targets)
    if (!rectifier || steps === 0) return
    const offset = whole('offset')
    for (let i = 0; i < steps; i++) {
      const got = outputsOf(rows, weights, outputs, order)
      weights = solver.solve(rectifiedTargets(targets, got, offset, rectifier))
    }
  })
  return weights
}
