/** Lowering of Gemm and MatMul. */
import { numberAttribute } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { scalar, targetDims } from './common'

export function lowerGemm(context: LoweringContext): void {
  const transA = numberAttribute(context.node, 'transA', 0) === 1
  const transB = numberAttribute(context.node, 'transB', 0) === 1
  const alpha = numberAttribute(context.node, 'alpha', 1)
  const beta = numberAttribute(context.node, 'beta', 1)
  const a = context.input(0, 'plain')
  const isConstant = context.constant(1) !== undefined
  // A constant is turned once, here, instead of at every run.
  const b = isConstant ? context.weight(1, transB ? [1, 0] : undefined) : context.input(1, 'plain')
  let y = context.emit('MatMul', [a, b], { transpose_a: transA, transpose_b: transB && !isConstant }, 'plain')
  if (alpha !== 1) y = context.emit('Mul', [y, scalar(context, alpha)], {}, 'plain')
  if (context.has(2) && beta !== 0) {
    const columns = context.outputShape(0)[1]
    const c = context.constant(2)
    const isVector = c !== undefined && c.dims.length > 0 && c.data.length === columns && c.dims.at(-1) === columns
    let bias: Register = isVector ? context.weight(2, undefined, [columns as number]) : context.input(2, 'plain')
    if (beta !== 1) bias = context.emit('Mul', [bias, scalar(context, beta)], {}, 'plain')
    y = isVector
      ? context.emit('BiasAdd', [y, bias], { data_format: 'NHWC' }, 'plain')
      : context.emit('AddV2', [y, bias], {}, 'plain')
  }
  context.output(0, y)
}

export function lowerMatMul(context: LoweringContext): void {
  const left = context.shape(0)
  const right = context.shape(1)
  // A stored vector (what a pooling by attention looks for) is a matrix of one column.
  const column = right.length === 1 && context.constant(1) !== undefined
  if (left.length < 2 || (right.length < 2 && !column)) context.fail('it multiplies by a vector')
  const a = context.input(0, 'plain')
  const inner = right[0]
  const b = column
    ? context.weight(1, undefined, [inner as number, 1])
    : context.constant(1)
      ? context.weight(1)
      : context.input(1, 'plain')
  if (right.length <= 2) {
    if (left.length === 2 && !column) {
      context.output(0, context.emit('MatMul', [a, b], { transpose_a: false, transpose_b: false }, 'plain'))
      return
    }
    if (typeof inner !== 'number') context.fail('its inner extent is not known')
    const rows = context.emit('Reshape', [a], { shape: [-1, inner as number] }, 'plain')
    const product = context.emit('MatMul', [rows, b], { transpose_a: false, transpose_b: false }, 'plain')
    context.output(
      0,
      context.emit('Reshape', [product], { shape: targetDims(context, context.outputShape(0)) }, 'plain'),
    )
    return
  }
  const lead = (shape: readonly unknown[]) => shape.slice(0, -2)
  const same = left.length === right.length && lead(left).every((dim, i) => dim === lead(right)[i])
  const single = (shape: readonly unknown[]) => lead(shape).every((dim) => dim === 1)
  if (!same && !single(left) && !single(right)) context.fail('its operands are broadcast along some of their axes')
  context.output(0, context.emit('BatchMatMulV2', [a, b], { adj_x: false, adj_y: false }, 'plain'))
}
