/** What several rules need: shapes, borders, names. */
import { type Dim, type GraphNode, numbersAttribute, stringAttribute } from '../../../../graph/graph'
import { type TensorData, toNumbers } from '../../../../graph/tensor'
import type { KerasNetwork, Written } from '../network'

/** The Keras layer that computes a node, or a refusal by name. Operators with several results set the others themselves. */
export type Rule = (network: KerasNetwork, node: GraphNode) => Written

export const outputShape = (network: KerasNetwork, node: GraphNode): readonly Dim[] =>
  network.shapeOf(node, node.outputs[0] as string)

export const zeros = (count: number): TensorData => ({ dtype: 'float32', dims: [count], data: new Float32Array(count) })
/** The largest number of 32 bits. */
const MOST = 3.4028234663852886e38

/** Numbers as JSON and our own reader take them: what masks have as minus infinity is the lowest number. */
export const finite = (data: TensorData): number[] =>
  Array.from(toNumbers(data), (value) => Math.max(-MOST, Math.min(MOST, value)))

export const dimension = (spatial: number) => `${spatial}D`

/** [begin, end] an axis from ONNX' two halves. */
export const pairsOf = (pads: readonly number[]) =>
  pads.slice(0, pads.length / 2).map((begin, i) => [begin, pads[pads.length / 2 + i] as number])

/** Whether Keras' "same" gives exactly these pads. */
export function isSame(
  input: readonly Dim[],
  sizes: readonly number[],
  strides: readonly number[],
  pads: readonly number[][],
): boolean {
  return pads.every(([begin, end], i) => {
    const extent = input[i + 2]
    const stride = strides[i] as number
    if (typeof extent !== 'number' && stride !== 1) return false
    const out = stride === 1 ? 0 : Math.ceil((extent as number) / stride)
    const total =
      stride === 1
        ? (sizes[i] as number) - 1
        : Math.max(0, (out - 1) * stride + (sizes[i] as number) - (extent as number))
    return begin === Math.floor(total / 2) && end === total - Math.floor(total / 2)
  })
}

/** A border of zeros as a layer of its own. */
export function bordered(network: KerasNetwork, name: string, x: Written, pads: readonly number[][]): Written {
  const spatial = x.shape.length - 2
  const shape = x.shape.map((dim, axis) => {
    const [begin = 0, end = 0] = pads[axis - 2] ?? []
    return typeof dim === 'number' ? dim + begin + end : dim
  })
  return network.add(
    `ZeroPadding${dimension(spatial)}`,
    `${name}_pad`,
    [x],
    { padding: spatial === 1 ? pads[0] : pads },
    shape,
    true,
  )
}

/** Canonical graphs have explicit pads; others are refused rather than misread. */
export function padsOf(network: KerasNetwork, node: GraphNode, spatial: number): number[][] {
  if (stringAttribute(node, 'auto_pad', 'NOTSET') !== 'NOTSET') return network.refuse(node, 'its pads are not numbers')
  return pairsOf(numbersAttribute(node, 'pads', undefined) ?? Array<number>(2 * spatial).fill(0))
}
