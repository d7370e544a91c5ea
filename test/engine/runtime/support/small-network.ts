/** The network of fixtures/training.py: convolution, BatchNorm, pooling, depthwise convolution, BatchNorm, dense. */
import { Graph, type GraphNode, int, ints } from '../../../../src/engine/graph/graph'
import { float32, sizeOf, type TensorData } from '../../../../src/engine/graph/tensor'
import '../../../../src/engine/ops'
import { inferShapes } from '../../../../src/engine/ops/infer'
import { numbers } from './op-cases'

const filled = (seed: number, dims: number[], range?: [number, number]): TensorData =>
  float32(dims, numbers(seed, sizeOf(dims), range))

const positive: [number, number] = [0.5, 1.5]

/** Constants are named as PyTorch names them. */
export function smallNetwork(terminal?: 'Softmax'): Graph {
  const constants = new Map<string, TensorData>([
    ['0.weight', filled(1, [4, 2, 3, 3])],
    ['0.bias', filled(2, [4])],
    ['1.weight', filled(3, [4], positive)],
    ['1.bias', filled(4, [4])],
    ['1.running_mean', filled(5, [4])],
    ['1.running_var', filled(6, [4], positive)],
    ['4.weight', filled(7, [4, 1, 3, 3])],
    ['5.weight', filled(8, [4], positive)],
    ['5.bias', filled(9, [4])],
    ['5.running_mean', filled(10, [4])],
    ['5.running_var', filled(11, [4], positive)],
    ['8.weight', filled(12, [5, 36])],
    ['8.bias', filled(13, [5])],
  ])
  const node = (
    op: string,
    name: string,
    inputs: string[],
    attributes: Record<string, ReturnType<typeof int>> | object = {},
  ): GraphNode => ({
    name,
    op,
    domain: '',
    inputs,
    outputs: [name],
    attributes: new Map(Object.entries(attributes)),
  })
  const norm = (layer: number) => ['weight', 'bias', 'running_mean', 'running_var'].map((part) => `${layer}.${part}`)
  const nodes = [
    node('Conv', 'conv', ['x', '0.weight', '0.bias'], { pads: ints([1, 1, 1, 1]) }),
    node('BatchNormalization', 'bn', ['conv', ...norm(1)]),
    node('Relu', 'relu', ['bn']),
    node('MaxPool', 'pool', ['relu'], { kernel_shape: ints([2, 2]), strides: ints([2, 2]) }),
    node('Conv', 'depthwise', ['pool', '4.weight'], { pads: ints([1, 1, 1, 1]), group: int(4) }),
    node('BatchNormalization', 'bn2', ['depthwise', ...norm(5)]),
    node('Relu', 'relu2', ['bn2']),
    node('Flatten', 'flat', ['relu2']),
    node('Gemm', 'logits', ['flat', '8.weight', '8.bias'], { transB: int(1) }),
    ...(terminal ? [node(terminal, 'probabilities', ['logits'], { axis: int(1) })] : []),
  ]
  return inferShapes(
    new Graph({
      name: 'small',
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2, 6, 6] }],
      outputs: [{ name: terminal ? 'probabilities' : 'logits', dtype: 'float32', shape: null }],
      nodes,
      constants,
      opsets: new Map([['', 17]]),
    }),
  )
}

export const batchOf = (seed: number, count = 6) =>
  new Map([['', { dims: [count, 2, 6, 6], data: numbers(seed, count * 72) }]])
