/** How many inputs each known operator takes, and of what kind its attributes are: checked before anything is rewritten. */
import { EspalierError } from '../../../contract/errors'
import type { Attribute, GraphNode } from '../../graph/graph'

const many = Number.POSITIVE_INFINITY

/** Least and most inputs over all opsets that are read. */
const inputCounts: Readonly<Record<string, readonly [number, number]>> = {
  Conv: [2, 3],
  ConvTranspose: [2, 3],
  Gemm: [2, 3],
  MatMul: [2, 2],
  BatchNormalization: [5, 5],
  InstanceNormalization: [3, 3],
  LayerNormalization: [2, 3],
  GroupNormalization: [3, 3],
  Clip: [1, 3],
  Concat: [1, many],
  Gather: [2, 2],
  Reshape: [2, 2],
  Expand: [2, 2],
  Tile: [2, 2],
  Where: [3, 3],
  Slice: [1, 5],
  Split: [1, 2],
  Squeeze: [1, 2],
  Unsqueeze: [1, 2],
  Pad: [1, 4],
  Resize: [1, 4],
  Upsample: [1, 2],
  Range: [3, 3],
  CastLike: [2, 2],
  PRelu: [2, 2],
}
const groups: readonly (readonly [readonly [number, number], string])[] = [
  [[2, 2], 'Add Sub Mul Div Pow Mod Equal Greater GreaterOrEqual Less LessOrEqual And Or Xor'],
  [[1, many], 'Sum Mean Max Min'],
  [
    [1, 1],
    'Relu LeakyRelu Elu Selu Celu ThresholdedRelu Sigmoid HardSigmoid HardSwish Mish Gelu Tanh Softplus Softsign',
  ],
  [[1, 1], 'Erf Sqrt Exp Log Neg Abs Reciprocal Floor Ceil Round Sign Not Identity Cast Flatten Transpose Shape Size'],
  [[1, 1], 'MaxPool AveragePool GlobalAveragePool GlobalMaxPool Softmax LogSoftmax Hardmax LRN ConstantOfShape'],
  [[1, 2], 'ReduceMean ReduceSum ReduceMax ReduceMin ReduceProd ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp'],
]
const countOf = new Map([
  ...Object.entries(inputCounts),
  ...groups.flatMap(([counts, names]) => names.split(' ').map((name) => [name, counts] as const)),
])

/** Attribute names mean the same in every operator of the default domain. */
const kinds: Readonly<Record<string, Attribute['kind']>> = {
  axis: 'int',
  keepdims: 'int',
  group: 'int',
  transA: 'int',
  transB: 'int',
  to: 'int',
  ceil_mode: 'int',
  count_include_pad: 'int',
  allowzero: 'int',
  num_outputs: 'int',
  num_groups: 'int',
  axes: 'ints',
  perm: 'ints',
  pads: 'ints',
  strides: 'ints',
  dilations: 'ints',
  kernel_shape: 'ints',
  epsilon: 'float',
  alpha: 'float',
  beta: 'float',
  gamma: 'float',
  momentum: 'float',
  auto_pad: 'string',
  mode: 'string',
}

const names: Readonly<Record<Attribute['kind'], string>> = {
  int: 'a whole number',
  float: 'a number',
  string: 'a text',
  ints: 'a list of whole numbers',
  floats: 'a list of numbers',
  strings: 'a list of texts',
  tensor: 'a tensor',
  graph: 'a network',
}

const invalid = (sentence: string): never => {
  throw new EspalierError('MODEL_INVALID', `${sentence} The file is damaged or was written by a faulty exporter.`)
}

function checkInputs({ op, name, inputs, outputs }: GraphNode): void {
  if (!outputs.some((output) => output !== '')) invalid(`${op} "${name}" computes nothing.`)
  const counts = countOf.get(op)
  if (!counts) return
  const [least, most] = counts
  if (inputs.length > most) invalid(`${op} "${name}" has ${inputs.length} inputs and takes ${most} at most.`)
  for (let i = 0; i < least; i++) if (!inputs[i]) invalid(`${op} "${name}" lacks its input ${i}.`)
}

/** RNN, GRU and LSTM hold lists under names that are single numbers elsewhere; other kinds of `alpha` do not occur. */
const recurrent = new Set(['RNN', 'GRU', 'LSTM'])

function checkAttributes(node: GraphNode): void {
  if (recurrent.has(node.op)) return
  for (const [name, attribute] of node.attributes) {
    const wanted = kinds[name]
    if (wanted === undefined || wanted === attribute.kind) continue
    invalid(
      `The attribute "${name}" of ${node.op} "${node.name}" should be ${names[wanted]}, but is ${names[attribute.kind]}.`,
    )
  }
}

/** @throws MODEL_INVALID naming the first node that cannot be meant so */
export function checkSignatures(nodes: readonly GraphNode[]): void {
  for (const node of nodes) {
    if (node.domain !== '') continue
    checkInputs(node)
    checkAttributes(node)
  }
}
