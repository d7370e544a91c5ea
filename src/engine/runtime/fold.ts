/** The few operations that lowering rules apply to constants, computed on the host while a program is fused. */
import { sizeOf, type TensorData, takeAlong } from '../graph/tensor'
import type { Instruction } from '../ops/lowering'
import { permuted } from './layout'

const range = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)

function split(x: TensorData, sizes: readonly number[], axis: number): TensorData[] {
  let start = 0
  return sizes.map((size) => {
    const part = takeAlong(x, axis, range(start, size))
    start += size
    return part
  })
}

function reverse(x: TensorData, axes: readonly number[]): TensorData {
  return axes.reduce((turned, axis) => takeAlong(turned, axis, range(0, turned.dims[axis] as number).reverse()), x)
}

/** One result an output, or null where the operation stays in the program. */
export function evaluateConstant(instruction: Instruction, inputs: readonly TensorData[]): TensorData[] | null {
  const { attributes } = instruction
  const [x] = inputs
  if (!x) return null
  switch (instruction.op) {
    case 'SplitV':
      return split(x, attributes.size_splits as readonly number[], attributes.axis as number)
    case 'ReverseV2':
      return [reverse(x, attributes.dims as readonly number[])]
    case 'Transpose':
      return [permuted(x, attributes.perm as readonly number[])]
    case 'Reshape': {
      const shape = attributes.shape as readonly number[]
      const known = sizeOf(shape.filter((dim) => dim !== -1))
      return [{ ...x, dims: shape.map((dim) => (dim === -1 ? x.data.length / known : dim)) }]
    }
    default:
      return null
  }
}
