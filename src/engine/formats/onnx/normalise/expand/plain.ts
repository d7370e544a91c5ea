/** Fused operators of ONNX Runtime and of newer opsets that need no shapes to be taken apart. */
import { type Attribute, float, int, ints, numberAttribute, stringAttribute, text } from '../../../../graph/graph'
import type { Expansion } from './expansion'
import { matMulOfFewBits } from './few-bits'
import { type ShapedRule, shapeOf } from './parts'
import { quantisedExpansions } from './quantised'

type Rule = (into: Expansion) => void

const gelu = (into: Expansion, value: string, approximate: 'none' | 'tanh'): string =>
  into.one('Gelu', [value], approximate === 'tanh' ? { approximate: text('tanh') } : {})

/** x * w / sqrt(mean(x^2) + epsilon) over the last axes. */
function rootMeanSquare(into: Expansion, x: string, scale: string, axes: readonly number[] = [-1]): string {
  const square = into.one('ReduceMean', [into.one('Mul', [x, x])], { axes: ints(axes), keepdims: int(1) })
  const shifted = into.one('Add', [square, into.scalar(numberAttribute(into.node, 'epsilon', 1e-5))])
  const normalised = into.one('Div', [x, into.one('Sqrt', [shifted])])
  return scale === '' ? normalised : into.one('Mul', [normalised, scale])
}

/** RMSNormalization of opset 23: from an axis to the last. */
export const normaliseSeveral: ShapedRule = (into, known) => {
  const rank = shapeOf(into, known, 0).length
  const given = numberAttribute(into.node, 'axis', -1)
  const first = given < 0 ? given + rank : given
  const axes = Array.from({ length: rank - first }, (_, i) => i - (rank - first))
  into.result(rootMeanSquare(into, into.input(0), into.input(1), axes))
}

/** Adds what is skipped and the bias, and passes the sum on where it is read. */
const skipNormalisation =
  (normalise: (into: Expansion, sum: string) => string, bias: number): Rule =>
  (into) => {
    const sum = into.add(into.add(into.input(0), into.input(1)), into.has(bias) ? into.input(bias) : '')
    into.result(normalise(into, sum))
    into.result(sum, 3)
  }

const layerNormalisation = (into: Expansion, sum: string): string =>
  into.one('LayerNormalization', [sum, into.input(2), ...(into.has(3) ? [into.input(3)] : [])], {
    axis: int(-1),
    epsilon: float(numberAttribute(into.node, 'epsilon', 1e-12)),
  })

/** MatMul with scaled result and operands that may be transposed in their last two axes. */
export const fusedMatMul: ShapedRule = (into, known) => {
  const { node, rewriter } = into
  if (['transBatchA', 'transBatchB'].some((name) => numberAttribute(node, name, 0) === 1))
    rewriter.unsupported(node, 'turns the axes of its batch, which is not supported.')
  const turned = (i: number, name: string): string => {
    const rank = shapeOf(into, known, i).length
    if (numberAttribute(node, name, 0) !== 1 || rank < 2) return into.input(i)
    return into.transpose(
      into.input(i),
      Array.from({ length: rank }, (_, k) => (k < rank - 2 ? k : 2 * rank - 3 - k)),
    )
  }
  const product = into.one('MatMul', [turned(0, 'transA'), turned(1, 'transB')])
  const alpha = numberAttribute(node, 'alpha', 1)
  into.result(alpha === 1 ? product : into.one('Mul', [product, into.scalar(alpha)]))
}

/** An activation behind a convolution or a matrix product, with its own attributes. */
function activation(into: Expansion, value: string): string {
  const name = stringAttribute(into.node, 'activation', '')
  const given = into.node.attributes.get('activation_params')
  const [alpha, beta] = given?.kind === 'floats' ? given.value : []
  const at: Record<string, Attribute> = {}
  if (name === 'Clip') {
    return into.one('Clip', [
      value,
      into.scalar(alpha ?? Number.NEGATIVE_INFINITY),
      into.scalar(beta ?? Number.POSITIVE_INFINITY),
    ])
  }
  if (alpha !== undefined) at.alpha = float(alpha)
  if (beta !== undefined) at.beta = float(beta)
  return name === '' ? value : into.one(name, [value], at)
}

const withActivation =
  (op: string, own: readonly string[]): Rule =>
  (into) => {
    const at = Object.fromEntries([...into.node.attributes].filter(([name]) => own.includes(name)))
    const operands = into.node.inputs.slice(0, 3)
    let value = into.one(op, operands, at)
    if (op === 'Conv' && into.has(3)) value = into.one('Add', [value, into.input(3)])
    into.result(activation(into, value))
  }

const swish = (into: Expansion, value: string, alpha: number): string => {
  const scaled = alpha === 1 ? value : into.one('Mul', [value, into.scalar(alpha)])
  return into.one('Mul', [value, into.one('Sigmoid', [scaled])])
}

/** Token, position and segment tables, added up and normalised. */
const embedLayerNormalisation: Rule = (into) => {
  const { rewriter } = into
  const words = into.one('Gather', [into.input(2), into.input(0)])
  const positions = rewriter.constant(into.input(3))
  if (into.has(8) || !positions) {
    const at = into.has(8) ? into.one('Gather', [into.input(3), into.input(8)]) : ''
    if (at === '') rewriter.unsupported(into.node, 'computes its position table, which is not supported.')
    finishEmbedding(into, into.add(words, at))
    return
  }
  const length = into.one('Gather', [into.one('Shape', [into.input(0)]), into.sizes([1])])
  const table = into.one('Slice', [into.input(3), into.sizes([0]), length, into.sizes([0])])
  finishEmbedding(into, into.add(words, table))
}

function finishEmbedding(into: Expansion, sum: string): void {
  const segments = into.has(1) && into.has(4) ? into.one('Gather', [into.input(4), into.input(1)]) : ''
  const total = into.add(sum, segments)
  const at = { axis: int(-1), epsilon: float(numberAttribute(into.node, 'epsilon', 1e-12)) }
  into.result(into.one('LayerNormalization', [total, into.input(5), into.input(6)], at))
  into.result(total, 2)
}

/** (x - offset) * scale, as scikit-learn's pipelines begin; always in float32. */
const scaler: Rule = (into) => {
  const listOf = (name: string, fallback: number) => {
    const given = into.node.attributes.get(name)
    const values = given?.kind === 'floats' && given.value.length > 0 ? given.value : [fallback]
    return into.numbers(name, [values.length], values)
  }
  const given = into.input(0)
  const value = into.rewriter.dtype(given) === 'float32' ? given : into.one('Cast', [given], { to: int(1) })
  into.result(into.one('Mul', [into.one('Sub', [value, listOf('offset', 0)]), listOf('scale', 1)]))
}

/** Picks along the last axis; a single row is answered as a row. */
const featureExtractor: Rule = (into) => {
  const rank = into.rewriter.constant(into.input(0))?.dims.length
  const picked = into.one('Gather', [into.input(0), into.one('Reshape', [into.input(1), into.sizes([-1])])], {
    axis: int(-1),
  })
  into.result(rank === 1 ? into.one('Reshape', [picked, into.sizes([1, -1])]) : picked)
}

const window = ['auto_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides']

/** By domain and operator. */
export const plainExpansions: Readonly<Record<string, Rule>> = {
  ...quantisedExpansions,
  'com.microsoft::Gelu': (into) => into.result(gelu(into, into.input(0), 'none')),
  'com.microsoft::BiasGelu': (into) => into.result(gelu(into, into.add(into.input(0), into.input(1)), 'none')),
  'com.microsoft::FastGelu': (into) =>
    into.result(gelu(into, into.add(into.input(0), into.has(1) ? into.input(1) : ''), 'tanh')),
  'com.microsoft::QuickGelu': (into) =>
    into.result(swish(into, into.input(0), numberAttribute(into.node, 'alpha', 1.702))),
  '::Swish': (into) => into.result(swish(into, into.input(0), numberAttribute(into.node, 'alpha', 1))),
  // No operator of ONNX: tf2onnx leaves it where TensorFlow spells GELU by it.
  '::Erfc': (into) => into.result(into.one('Sub', [into.scalar(1), into.one('Erf', [into.input(0)])])),
  'ai.onnx.ml::Scaler': scaler,
  'ai.onnx.ml::ArrayFeatureExtractor': featureExtractor,
  'com.microsoft::BiasAdd': (into) => into.result(into.add(into.add(into.input(0), into.input(1)), into.input(2))),
  'com.microsoft::LayerNormalization': (into) =>
    into.result(
      into.one('LayerNormalization', into.node.inputs, {
        axis: int(numberAttribute(into.node, 'axis', -1)),
        epsilon: float(numberAttribute(into.node, 'epsilon', 1e-5)),
      }),
    ),
  'com.microsoft::SkipLayerNormalization': skipNormalisation(layerNormalisation, 4),
  'com.microsoft::SkipSimplifiedLayerNormalization': skipNormalisation(
    (into, sum) => rootMeanSquare(into, sum, into.input(2)),
    3,
  ),
  'com.microsoft::SimplifiedLayerNormalization': (into) =>
    into.result(rootMeanSquare(into, into.input(0), into.input(1))),
  '::SimplifiedLayerNormalization': (into) => into.result(rootMeanSquare(into, into.input(0), into.input(1))),
  'com.microsoft::EmbedLayerNormalization': embedLayerNormalisation,
  'com.microsoft::MatMulNBits': matMulOfFewBits,
  'com.microsoft::FusedConv': withActivation('Conv', window),
  'com.microsoft::FusedGemm': withActivation('Gemm', ['alpha', 'beta', 'transA', 'transB']),
}
