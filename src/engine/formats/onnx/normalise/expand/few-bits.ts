/** MatMul with a weight of a few bits an element, which becomes real numbers. */
import { numberAttribute } from '../../../../graph/graph'
import { type TensorData, toFloat32, toNumbers } from '../../../../graph/tensor'
import type { Expansion } from './expansion'

/** Element i of a row whose elements follow each other from the lowest bits on. */
const elementAt = (row: Uint8Array, i: number, bits: number): number => {
  const place = i * bits
  return ((row[place >> 3] as number) >> (place & 7)) & ((1 << bits) - 1)
}

interface Packed {
  /** Rows of the result (inputs of the layer) and its columns. */
  readonly inputs: number
  readonly outputs: number
  readonly bits: number
  readonly block: number
}

/** @returns [inputs, outputs] */
function unpack(data: Uint8Array, scales: Float32Array, zeros: (n: number, block: number) => number, of: Packed) {
  const { inputs, outputs, bits, block } = of
  const blocks = Math.ceil(inputs / block)
  const bytes = Math.ceil((block * bits) / 8)
  const values = new Float32Array(inputs * outputs)
  for (let n = 0; n < outputs; n++) {
    for (let b = 0; b < blocks; b++) {
      const row = data.subarray((n * blocks + b) * bytes, (n * blocks + b + 1) * bytes)
      const scale = scales[n * blocks + b] as number
      const zero = zeros(n, b)
      for (let i = 0; i < block && b * block + i < inputs; i++) {
        values[(b * block + i) * outputs + n] = (elementAt(row, i, bits) - zero) * scale
      }
    }
  }
  return values
}

/** MatMulNBits of ONNX Runtime: y = x W^T, W [N, K] in blocks along K with a scale and a zero point each. */
export function matMulOfFewBits(into: Expansion): void {
  const { node, rewriter } = into
  const [inputs, outputs, bits, block] = ['K', 'N', 'bits', 'block_size'].map((name) =>
    numberAttribute(node, name, name === 'bits' ? 4 : 0),
  ) as [number, number, number, number]
  const [weight, scales, zeroPoints] = [1, 2, 3].map((i) => rewriter.constant(into.input(i))) as [
    TensorData | undefined,
    TensorData | undefined,
    TensorData | undefined,
  ]
  const blocks = Math.ceil(inputs / block)
  const fits =
    [2, 4, 8].includes(bits) &&
    weight?.data.length === outputs * blocks * Math.ceil((block * bits) / 8) &&
    scales?.data.length === outputs * blocks
  if (!fits || into.has(4) || (into.has(3) && !zeroPoints))
    rewriter.unsupported(node, 'holds its weight in an order or a number of bits that is not supported.')
  const packed = zeroPoints?.dtype === 'uint8' ? (zeroPoints.data as Uint8Array) : undefined
  const plain = zeroPoints && !packed ? toNumbers(zeroPoints) : undefined
  const bytes = Math.ceil((blocks * bits) / 8)
  const middle = 2 ** (bits - 1)
  const zeros = (n: number, b: number): number => {
    if (packed) return elementAt(packed.subarray(n * bytes, (n + 1) * bytes), b, bits)
    return plain ? (plain[n * blocks + b] as number) : middle
  }
  const values = unpack((weight as TensorData).data as Uint8Array, toFloat32(scales as TensorData), zeros, {
    inputs,
    outputs,
    bits,
    block,
  })
  const product = into.one('MatMul', [into.input(0), into.numbers('weight', [inputs, outputs], values)])
  into.result(into.add(product, into.has(5) ? into.input(5) : ''))
}
