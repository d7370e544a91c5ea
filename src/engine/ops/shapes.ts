/** Shape arithmetic shared by the operators' rules: symbolic extents, broadcasting, axes and windows. */
import type { Dim, GraphNode, Shape } from '../graph/graph'
import { numberAttribute, numbersAttribute, stringAttribute } from '../graph/graph'
import { int64 } from '../graph/tensor'
import type { InferContext, ResizeContext, Resized } from './definition'
import { addDims, extentOfOne, factorsOf, floorDivide, multiplyDims } from './extents'

export { divideDims, multiplyDims } from './extents'

/** An axis counted from the front. */
export function normaliseAxis(axis: number, rank: number, context: { fail(sentence: string): never }): number {
  const result = axis < 0 ? axis + rank : axis
  if (!Number.isInteger(result) || result < 0 || result >= rank) {
    return context.fail(`its axis ${axis} is outside a value of rank ${rank}`)
  }
  return result
}

/** The `axis` attribute counted from the front, for rules that run after the shape rule has checked it. */
export const axisOf = (node: GraphNode, fallback: number, rank: number): number =>
  normaliseAxis(numberAttribute(node, 'axis', fallback), rank, {
    fail: () => {
      throw new RangeError('axis')
    },
  })

/** The shape two or more operands broadcast to. */
export function broadcastShapes(shapes: readonly Shape[], context: { fail(sentence: string): never }): Shape {
  const rank = Math.max(...shapes.map((shape) => shape.length))
  const result: Dim[] = []
  for (let axis = 0; axis < rank; axis++) {
    let dim: Dim = 1
    for (const shape of shapes) {
      const other = shape[axis - rank + shape.length]
      if (other === undefined || other === 1 || other === dim) continue
      if (dim === 1) dim = other
      else if (typeof dim === 'string' && typeof other === 'number') dim = other
      else if (typeof dim === 'number' && typeof other === 'number') {
        context.fail(`its operands of shapes ${shapes.map(showShape).join(' and ')} do not fit together`)
      }
    }
    result.push(dim)
  }
  return result
}

/** The extent with another number of positions for each value of its symbols (`batch*49` and 40: `batch*40`). */
export function withCount(dim: Dim, count: number): Dim {
  if (typeof dim === 'number') return count
  const { symbols } = factorsOf(dim)
  return multiplyDims([...symbols, count / extentOfOne(multiplyDims(symbols))])
}

export const showShape = (shape: Shape): string => `[${shape.join(', ')}]`

/** A shape with its symbols (the batch) taken as one sample. */
export const oneSample = (shape: Shape): number[] => shape.map(extentOfOne)

export interface Window {
  readonly kernel: readonly number[]
  readonly strides: readonly number[]
  readonly dilations: readonly number[]
  /** Starts first, then ends, as in ONNX. */
  readonly pads: readonly number[]
  readonly ceil: boolean
}

/** Kernel, strides, dilations and explicit pads of a windowed operator; `auto_pad` is resolved against the extents. */
export function windowOf(node: GraphNode, kernel: readonly number[], spatial: readonly Dim[]): Window {
  const rank = kernel.length
  const strides = numbersAttribute(node, 'strides', undefined) ?? Array<number>(rank).fill(1)
  const dilations = numbersAttribute(node, 'dilations', undefined) ?? Array<number>(rank).fill(1)
  const ceil = node.attributes.get('ceil_mode')?.value === 1
  const auto = stringAttribute(node, 'auto_pad', 'NOTSET')
  let pads = numbersAttribute(node, 'pads', undefined) ?? Array<number>(2 * rank).fill(0)
  if (auto === 'SAME_UPPER' || auto === 'SAME_LOWER') {
    const begin: number[] = []
    const end: number[] = []
    for (let i = 0; i < rank; i++) {
      const size = spatial[i]
      const stride = strides[i] as number
      const span = ((kernel[i] as number) - 1) * (dilations[i] as number) + 1
      const total =
        typeof size === 'number' ? Math.max(0, (Math.ceil(size / stride) - 1) * stride + span - size) : span - stride
      const small = Math.floor(total / 2)
      begin.push(auto === 'SAME_UPPER' ? small : total - small)
      end.push(auto === 'SAME_UPPER' ? total - small : small)
    }
    pads = [...begin, ...end]
  } else if (auto === 'VALID') {
    pads = Array<number>(2 * rank).fill(0)
  }
  return { kernel, strides, dilations, pads, ceil }
}

/** Whether the window of a node moves along its k-th spatial axis in any other way than passing it step by step. */
export function slides(node: GraphNode, kernel: readonly number[], k: number): boolean {
  const { strides, pads } = windowOf(node, kernel, [])
  return kernel[k] !== 1 || strides[k] !== 1 || pads[k] !== 0 || pads[k + kernel.length] !== 0
}

/** Output extents of a sliding window. */
export function windowOutput(window: Window, spatial: readonly Dim[], context: InferContext): Dim[] {
  return spatial.map((size, i) => {
    const span = ((window.kernel[i] as number) - 1) * (window.dilations[i] as number) + 1
    const begin = window.pads[i] as number
    const end = window.pads[i + window.kernel.length] as number
    const stride = window.strides[i] as number
    if (typeof size === 'string') {
      const reach = addDims(size, begin + end - span + (window.ceil ? stride - 1 : 0))
      return addDims(floorDivide(reach, stride), 1)
    }
    const padded = size + begin + end
    // A window that hangs over the end counts where extents are rounded up, also when it is the only one.
    if (padded < span && !(window.ceil && padded > span - stride)) {
      return context.fail(`its window of ${span} does not fit an input of ${size} with padding ${padded - size}`)
    }
    let out = (window.ceil ? Math.ceil((padded - span) / stride) : Math.floor((padded - span) / stride)) + 1
    // A window that would start in the end padding is left out, as PyTorch and ONNX Runtime do.
    if (window.ceil && (out - 1) * stride >= size + begin) out--
    return out
  })
}

/** Constant input i, a target shape, with the new extents in it; 1 and what is not shrunk stay as they are. */
export function resizeTarget(context: ResizeContext, i: number): Resized {
  const target = context.constant(i)
  if (!target) return {}
  const by = context.outputShape(0).length - target.data.length
  const next = Array.from(target.data as ArrayLike<number | bigint>, (given, k) => {
    const extent = context.outputShape(0)[k + by]
    const shrunk = extent !== context.oldOutputShape(0)[k + by] && typeof extent === 'number'
    return shrunk && Number(given) > 1 ? extent : Number(given)
  })
  return { constants: new Map([[i, int64(target.dims, next)]]) }
}
