/** Lowering of Gemm and MatMul. */
import { numberAttribute, type Shape } from '../../graph/graph'
import type { LoweringContext, Register } from '../lowering'
import { knownDims, scalar, targetDims } from './common'

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

/** Operand i as a stack of matrices: a vector is a row on the left and a column on the right. */
function asMatrices(context: LoweringContext, i: 0 | 1): { x: Register; dims: Shape } {
  const shape = context.shape(i)
  const dims = shape.length > 1 ? shape : i === 0 ? [1, ...shape] : [...shape, 1]
  const whole = shape.length === dims.length
  if (context.constant(i))
    return { x: whole ? context.weight(i) : context.weight(i, undefined, knownDims(context, dims)), dims }
  const x = context.input(i, 'plain')
  return { x: whole ? x : context.emit('Reshape', [x], { shape: targetDims(context, dims) }, 'plain'), dims }
}

/** An operand of as many axes as the other, repeated along those in which it has 1 and the other more. */
function repeated(context: LoweringContext, own: Register, dims: Shape, other: Register, others: Shape): Register {
  const rank = Math.max(dims.length, others.length)
  const grown = (shape: Shape): Shape => [...Array<number>(rank - shape.length).fill(1), ...shape]
  const [from, to] = [grown(dims), grown(others)]
  const shape = targetDims(context, from)
  let x = dims.length === rank ? own : context.emit('Reshape', [own], { shape }, 'plain')
  const multiples = from.map((dim, axis) => {
    const wanted = to[axis]
    return axis < rank - 2 && dim === 1 && typeof wanted === 'number' ? wanted : 1
  })
  if (multiples.some((times) => times > 1)) x = context.emit('Tile', [x], { multiples }, 'plain')
  // How often it is repeated along an open extent, the other operand shows.
  if (from.every((dim, axis) => axis >= rank - 2 || dim !== 1 || typeof to[axis] === 'number')) return x
  const axis = [others.length - 2, others.length - 1]
  const shown = context.emit('Max', [other], { axis, keep_dims: true }, 'plain')
  const ones = context.emit('Cast', [context.emit('Equal', [shown, shown], {}, 'plain')], { DstT: 'float32' }, 'plain')
  return context.emit('Mul', [x, ones], {}, 'plain')
}

export function lowerMatMul(context: LoweringContext): void {
  const { x: a, dims: left } = asMatrices(context, 0)
  const { x: b, dims: right } = asMatrices(context, 1)
  const done = (y: Register, as: boolean) =>
    context.output(
      0,
      as ? context.emit('Reshape', [y], { shape: targetDims(context, context.outputShape(0)) }, 'plain') : y,
    )
  const vectors = context.shape(0).length < 2 || context.shape(1).length < 2
  if (right.length === 2) {
    const [inner] = right
    if (left.length > 2 && typeof inner !== 'number') context.fail('its inner extent is not known')
    const rows = left.length === 2 ? a : context.emit('Reshape', [a], { shape: [-1, inner as number] }, 'plain')
    const product = context.emit('MatMul', [rows, b], { transpose_a: false, transpose_b: false }, 'plain')
    done(product, left.length > 2 || vectors)
    return
  }
  const lead = (shape: Shape) => shape.slice(0, -2)
  const same = left.length === right.length && lead(left).every((dim, i) => dim === lead(right)[i])
  const single = (shape: Shape) => lead(shape).every((dim) => dim === 1)
  const alike = same || single(left) || single(right)
  const [x, y] = alike ? [a, b] : [repeated(context, a, left, b, right), repeated(context, b, right, a, left)]
  done(context.emit('BatchMatMulV2', [x, y], { adj_x: false, adj_y: false }, 'plain'), vectors)
}
