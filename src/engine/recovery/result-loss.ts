/** How far a result is from the original's, softened, and the gradient of that at the logits. */
import { softplus } from '../runtime/loss'
import {
  exp,
  logSoftmax,
  mean,
  mul,
  reshape,
  sigmoid,
  square,
  sub,
  sum,
  type Tensor,
  transpose,
} from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import { classLayout } from '../statistics/sampling'

/** What an output parametrises, and whether its classes are the last axis instead of following the samples. */
export interface ResultForm {
  readonly kind: 'softmax' | 'bernoulli' | 'gaussian'
  readonly classesLast?: boolean
}

export interface ResultLoss {
  /** Mean over the results; a scalar. */
  readonly value: Tensor
  /** Of the logits' own shape. */
  readonly gradient: Tensor
}

/**
 * KL(original || result) of distributions softened by a temperature t, times t squared (Hinton et al., 2015): with
 * confident results that says more of a sample than KL itself. Of numbers: half the mean square. Runs inside a tidy scope.
 * @param logits and `wanted` hold the same value of both networks.
 */
export function resultLoss(logits: LiveValue, wanted: LiveValue, form: ResultForm, temperature: number): ResultLoss {
  const { shape } = logits.tensor
  if (form.kind === 'gaussian') {
    const difference = sub(logits.tensor, wanted.tensor)
    return { value: mul(mean(square(difference)), 0.5), gradient: mul(difference, 1 / logits.tensor.size) }
  }
  const t = temperature
  if (form.kind === 'bernoulli') {
    const [z, y] = [mul(logits.tensor, 1 / t), mul(wanted.tensor, 1 / t)]
    const [q, p] = [sigmoid(z), sigmoid(y)]
    // KL = softplus(z) - softplus(y) - p (z - y), in nats.
    const kl = sub(sub(softplus(z), softplus(y)), mul(p, sub(z, y)))
    return { value: mul(mean(kl), t * t), gradient: mul(sub(q, p), t / logits.tensor.size) }
  }
  const { outer, classes, inner } = classLayout(shape, logits.layout, form.classesLast ?? false)
  const rows = (value: Tensor): Tensor => transpose(reshape(value, [outer, classes, inner]), [0, 2, 1])
  const z = logSoftmax(mul(rows(logits.tensor), 1 / t))
  const y = logSoftmax(mul(rows(wanted.tensor), 1 / t))
  const p = exp(y)
  const results = outer * inner
  const gradient = mul(sub(exp(z), p), t / results)
  return {
    value: mul(sum(mul(p, sub(y, z))), (t * t) / results),
    gradient: reshape(transpose(gradient, [0, 2, 1]), shape),
  }
}
