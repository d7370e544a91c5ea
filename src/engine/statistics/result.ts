/** Vectors v in the output space: the gradient of sum(v . logits) is what each kind of sensitivity is made of. */
import { EspalierError } from '../../contract/errors'

import { type Tensor, tensor } from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import { type ClassLayout, centre, classLayout, eachResult, normals, softmax } from './sampling'

type Random = () => number
export type ResultKind = 'softmax' | 'bernoulli' | 'gaussian'

/** How an output is read. */
export interface ResultForm {
  readonly kind: ResultKind
  /** Classes are the last axis instead of following the samples. */
  readonly classesLast?: boolean
}

const layoutOf = ({ tensor: { shape }, layout }: LiveValue, form: ResultForm) =>
  classLayout(shape, layout, form.classesLast ?? false)

/** Nothing is asked at these results. */
function silence(values: Float32Array, layout: ClassLayout, asked: ((result: number) => boolean) | null): void {
  if (!asked) return
  let n = 0
  eachResult(layout, (at, step) => {
    if (!asked(n++)) for (let k = 0; k < layout.classes; k++) values[at + k * step] = 0
  })
}

/** Which results count, where only some do: one entry each. */
export type Asked = Uint8Array | null

const askedOf = (asked: Asked, { outer, inner }: ClassLayout) =>
  asked && asked.length === outer * inner ? (n: number) => asked[n] === 1 : null

/**
 * v ~ N(0, I), centred over the classes of a softmax: E[g g^T] is the Gauss-Newton matrix of the logits. Not centred
 * for one logit, several labels or a regression, where it would vanish or lose what counts.
 */
export function logitVector(value: LiveValue, form: ResultForm, random: Random, asked: Asked = null): Tensor {
  const { shape } = value.tensor
  const values = normals(value.tensor.size, random)
  const layout = layoutOf(value, form)
  if (form.kind === 'softmax') centre(values, layout)
  silence(values, layout, askedOf(asked, layout))
  return tensor(values, shape)
}

/** v with covariance F, the Fisher matrix of the result in its logits: E (v . d)^2 is twice KL of a small change d. */
export function fisherVector(value: LiveValue, form: ResultForm, random: Random, asked: Asked = null): Tensor {
  const { shape } = value.tensor
  const xi = normals(value.tensor.size, random)
  const layout = layoutOf(value, form)
  silence(xi, layout, askedOf(asked, layout))
  if (form.kind === 'gaussian') return tensor(xi, shape)
  const p = Float32Array.from(value.tensor.dataSync())
  if (form.kind === 'bernoulli') {
    for (let i = 0; i < p.length; i++) {
      const probability = 1 / (1 + Math.exp(-(p[i] as number)))
      xi[i] = (xi[i] as number) * Math.sqrt(probability * (1 - probability))
    }
    return tensor(xi, shape)
  }
  softmax(p, layout)
  eachResult(layout, (at, step) => {
    let mean = 0
    for (let k = 0; k < layout.classes; k++)
      mean += Math.sqrt(p[at + k * step] as number) * (xi[at + k * step] as number)
    for (let k = 0; k < layout.classes; k++) {
      const i = at + k * step
      xi[i] = Math.sqrt(p[i] as number) * (xi[i] as number) - (p[i] as number) * mean
    }
  })
  return tensor(xi, shape)
}

/**
 * Gradient of the loss at the logits, summed over samples: of the labels, or of labels drawn from the network where
 * there are none. Labels below 0 ask for nothing.
 * @throws DATA_INVALID where the labels do not fit the output.
 */
export function lossVector(
  value: LiveValue,
  form: ResultForm,
  labels: Int32Array | Float32Array | null,
  random: Random,
  asked: Asked = null,
): Tensor {
  const { shape } = value.tensor
  const layout = layoutOf(value, form)
  const { kind } = form
  const v = Float32Array.from(value.tensor.dataSync())
  const fits = (count: number) => {
    if (labels !== null && labels.length !== count) {
      throw new EspalierError(
        'DATA_INVALID',
        `The gradient of the loss needs ${count} labels for this batch, but the data has ${labels.length}. Use data whose labels fit the network's output, or a criterion that needs none.`,
      )
    }
  }
  if (kind === 'softmax') {
    softmax(v, layout)
    fits(layout.outer * layout.inner)
    let n = 0
    eachResult(layout, (at, step) => {
      const label = labels === null ? draw(v, at, step, layout.classes, random) : (labels[n] as number)
      n++
      if (label >= 0) v[at + label * step] = (v[at + label * step] as number) - 1
    })
    const given = labels
    silence(v, layout, given ? (i) => (given[i] as number) >= 0 : askedOf(asked, layout))
  } else if (kind === 'bernoulli') {
    fits(v.length)
    for (let i = 0; i < v.length; i++) {
      const p = 1 / (1 + Math.exp(-(v[i] as number)))
      const label = labels === null ? (random() < p ? 1 : 0) : (labels[i] as number)
      v[i] = label < 0 ? 0 : p - label
    }
  } else {
    fits(v.length)
    const noise = labels === null ? normals(v.length, random) : null
    for (let i = 0; i < v.length; i++) v[i] = noise ? (noise[i] as number) : (v[i] as number) - (labels?.[i] as number)
  }
  return tensor(v, shape)
}

function draw(p: Float32Array, at: number, step: number, classes: number, random: Random): number {
  let left = random()
  for (let k = 0; k < classes - 1; k++) {
    left -= p[at + k * step] as number
    if (left < 0) return k
  }
  return classes - 1
}
