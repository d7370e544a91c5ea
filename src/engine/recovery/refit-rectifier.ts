/** Targets that count only what a rectifier lets through. */
import {
  add,
  div,
  greaterEqual,
  lessEqual,
  maximum,
  minimum,
  mul,
  sub,
  type Tensor,
  tensor1d,
  where,
} from '../runtime/tensors'
import type { Rectifier } from './refit-plan'

/** Below this scale of a BatchNorm a channel hardly reaches the rectifier, and keeps its plain target. */
const LEAST_SCALE = 1e-3

/**
 * Where the original is cut off, anything that is cut off likewise is right: the target is then what the fit gives
 * already, moved no further than to the bound. Least squares towards these targets, repeated, lowers the error *behind*
 * the rectifier at every step (it minimises a majorant of it; cf. the asymmetric reconstruction of Zhang et al., CVPR 2015).
 * Runs inside a tidy scope.
 * @param targets [n, outputs] of the operator; `got` what it gives now.
 * @param offset [n, outputs] added to scale x output before the rectifier.
 */
export function rectifiedTargets(targets: Tensor, got: Tensor, offset: Tensor, rectifier: Rectifier): Tensor {
  const { scale, low, high } = rectifier
  const used = Float32Array.from(scale, (s) => (Math.abs(s) < LEAST_SCALE ? 1 : s))
  const factor = tensor1d(used)
  const wanted = add(mul(targets, factor), offset)
  const now = add(mul(got, factor), offset)
  let aim = wanted
  if (low > Number.NEGATIVE_INFINITY) aim = where(lessEqual(wanted, low), minimum(now, low), aim)
  if (high < Number.POSITIVE_INFINITY) aim = where(greaterEqual(wanted, high), maximum(now, high), aim)
  const fitted = div(sub(aim, offset), factor)
  if (scale.every((s) => Math.abs(s) >= LEAST_SCALE)) return fitted
  const weak = tensor1d(Float32Array.from(scale, (s) => (Math.abs(s) < LEAST_SCALE ? 1 : 0)))
  return add(mul(targets, weak), mul(fitted, sub(1, weak)))
}
