/**
 * Operations of TensorFlow that Keras 2 writes between layers (`x / 127.5`, `tf.reduce_mean`, `x[:, 0]`): the same as
 * Keras 3 writes for keras.ops, so that one set of rules reads both.
 */
import { EspalierError } from '../../../contract/errors'
import { isObject, type Json, listOf, textOf } from '../json'

/** Kinds of layers that hold one operation. */
export const operationKinds = new Set(['TFOpLambda', 'SlicingOpLambda'])

/** Functions by what keras.ops calls them. */
const functions: Readonly<Record<string, string>> = {
  '__operators__.add': 'Add',
  '__operators__.getitem': 'GetItem',
  'math.add': 'Add',
  'math.subtract': 'Subtract',
  'math.multiply': 'Multiply',
  'math.divide': 'TrueDivide',
  'math.truediv': 'TrueDivide',
  'math.pow': 'Power',
  'math.maximum': 'Maximum',
  'math.minimum': 'Minimum',
  'math.abs': 'Abs',
  'math.exp': 'Exp',
  'math.log': 'Log',
  'math.sqrt': 'Sqrt',
  'math.rsqrt': 'Rsqrt',
  'math.square': 'Square',
  'math.negative': 'Negative',
  'math.sigmoid': 'Sigmoid',
  'math.tanh': 'Tanh',
  'math.softplus': 'Softplus',
  'math.not_equal': 'NotEqual',
  'math.equal': 'Equal',
  'math.greater': 'Greater',
  'math.less': 'Less',
  'math.reduce_mean': 'Mean',
  'math.reduce_sum': 'Sum',
  'math.reduce_max': 'Max',
  'math.reduce_min': 'Min',
  'nn.relu': 'Relu',
  'nn.relu6': 'Relu6',
  'nn.elu': 'Elu',
  'nn.selu': 'Selu',
  'nn.silu': 'Silu',
  'nn.softmax': 'Softmax',
  'nn.softsign': 'Softsign',
  'nn.leaky_relu': 'LeakyRelu',
  'nn.bias_add': 'Add',
  'linalg.matmul': 'Matmul',
  cast: 'Cast',
  clip_by_value: 'Clip',
  concat: 'Concatenate',
  expand_dims: 'ExpandDims',
  identity: 'Identity',
  reshape: 'Reshape',
  squeeze: 'Squeeze',
  stack: 'Stack',
  transpose: 'Transpose',
}

/** Arguments that are operands beside the first. */
const operands = ['y', 'b', 'bias']
/** Arguments under the names of keras.ops. */
const renamed: Readonly<Record<string, string>> = {
  shape: 'newshape',
  perm: 'axes',
  clip_value_min: 'x_min',
  clip_value_max: 'x_max',
  alpha: 'negative_slope',
}

const tensor = (list: readonly unknown[]) => ({
  class_name: '__keras_tensor__',
  config: { keras_history: list.slice(0, 3) },
})

const isTensor = (value: unknown): value is unknown[] =>
  Array.isArray(value) && typeof value[0] === 'string' && value.length >= 3

function operandOf(value: unknown): unknown {
  if (isTensor(value)) return value[0] === '_CONSTANT_VALUE' ? operandOf(value[2]) : tensor(value)
  return Array.isArray(value) ? { class_name: '__tensor__', config: { value } } : value
}

function slicesOf(spec: unknown): unknown[] {
  return listOf(spec, 'What a slice takes').map((each) =>
    isObject(each) && each.class_name === undefined ? { class_name: '__slice__', config: each } : each,
  )
}

/**
 * @returns the layer as Keras 3 writes it
 * @throws MODEL_INVALID, MODEL_UNSUPPORTED_OPERATOR
 */
export function asOperation(layer: Json): Json {
  const config = isObject(layer.config) ? layer.config : {}
  const name = textOf(layer.name ?? config.name, 'The name of an operation')
  const called = textOf(config.function, `The function of "${name}"`)
  const plain = called.replace(/^compat\.v1\./, '')
  const kind = Object.hasOwn(functions, plain) ? functions[plain] : undefined
  if (!kind)
    throw new EspalierError(
      'MODEL_UNSUPPORTED_OPERATOR',
      `The layer "${name}" calls tf.${called}, which Espalier does not read from Keras files. Export the network to ONNX (tf2onnx) and open that, or leave the operation out.`,
    )
  const given: Record<string, unknown> = {}
  const calls = listOf(layer.inbound_nodes ?? [], `The calls of "${name}"`).map((node) => {
    const list = listOf(node, `A call of "${name}"`)
    const entries = typeof list[0] === 'string' ? [list] : list
    const args = entries.map(operandOf)
    const named = entries.flatMap((entry) => {
      const last = (entry as unknown[])[3]
      return isObject(last) ? Object.entries(last) : []
    })
    for (const [key, value] of named) {
      if (value === null || key === 'name') continue
      if (operands.includes(key)) args.push(operandOf(value))
      else if (key === 'slice_spec') args.push(slicesOf(value))
      else given[renamed[key] ?? key] = value
    }
    return { args, kwargs: {} }
  })
  return { class_name: kind, name, config: { ...given, name }, inbound_nodes: calls }
}
