/** Gradients through broadcasting. */
import { mul, ones, reshape, sum, type Tensor } from '@tensorflow/tfjs-core'

/** Sums a gradient over the axes along which an operand of `shape` was repeated. */
export function sumTo(gradient: Tensor, shape: readonly number[]): Tensor {
  const extra = gradient.rank - shape.length
  const axes: number[] = []
  gradient.shape.forEach((dim, axis) => {
    const own = axis < extra ? 1 : (shape[axis - extra] as number)
    if (own === 1 && (axis < extra || dim !== 1)) axes.push(axis)
  })
  const summed = axes.length === 0 ? gradient : sum(gradient, axes)
  return reshape(summed, [...shape])
}

/** Repeats a tensor along its axes of extent 1. */
export const repeatTo = (x: Tensor, shape: readonly number[]): Tensor =>
  x.shape.every((dim, i) => dim === shape[i]) ? x.clone() : mul(x, ones([...shape]))
