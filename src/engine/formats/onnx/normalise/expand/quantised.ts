/**
 * Operators on whole numbers, as ONNX Runtime's quantiser writes them. Those with scales of their own become their plain
 * form between DequantizeLinear and QuantizeLinear; products of whole numbers are computed in floats, which hold them
 * exactly up to 2^24.
 */
import { type Attribute, int, numberAttribute } from '../../../../graph/graph'
import type { Expansion } from './expansion'

type Rule = (into: Expansion) => void

const floatType = { to: int(1) }
const wholeType = { to: int(6) }

const given = (inputs: readonly string[]): readonly string[] => (inputs.at(-1) === '' ? inputs.slice(0, -1) : inputs)

/** Operand i with its scale and zero point behind it; `axis` is the one that several scales belong to. */
const real = (into: Expansion, i: number, axis = 0): string =>
  into.one('DequantizeLinear', given([into.input(i), into.input(i + 1), into.input(i + 2)]), { axis: int(axis) })

/** The result in steps of the scale at input i. */
const whole = (into: Expansion, value: string, i: number): void =>
  into.result(into.one('QuantizeLinear', given([value, into.input(i), into.input(i + 1)]), { axis: int(0) }))

const own = (into: Expansion, names: readonly string[]): Record<string, Attribute> =>
  Object.fromEntries([...into.node.attributes].filter(([name]) => names.includes(name)))

const window = ['auto_pad', 'ceil_mode', 'count_include_pad', 'dilations', 'group', 'kernel_shape', 'pads', 'strides']

/** A bias of whole numbers, in steps of input scale times weight scale. */
const bias = (into: Expansion, i: number, inputScale: number, weightScale: number): string =>
  into.one('Mul', [
    into.one('Cast', [into.input(i)], floatType),
    into.one('Mul', [into.input(inputScale), into.input(weightScale)]),
  ])

/** The axis of B whose positions have scales: columns of the product. */
const columns = (into: Expansion, i: number): number =>
  Math.max(0, (into.rewriter.constant(into.input(i))?.dims.length ?? 2) - 1)

const ofOne =
  (op: string, names: readonly string[] = []): Rule =>
  (into) =>
    whole(into, into.one(op, [real(into, 0)], own(into, names)), 3)

const ofTwo =
  (op: string): Rule =>
  (into) =>
    whole(into, into.one(op, [real(into, 0), real(into, 3)]), 6)

/** Numbers counted from their zero point. */
function counted(into: Expansion, i: number, zeroPoint: number): string {
  const value = into.one('Cast', [into.input(i)], floatType)
  if (!into.has(zeroPoint)) return value
  return into.one('Sub', [value, into.one('Cast', [into.input(zeroPoint)], floatType)])
}

const several = (into: Expansion, i: number): boolean => (into.rewriter.constant(into.input(i))?.data.length ?? 1) > 1

function matMulInteger(into: Expansion): void {
  if (several(into, 2)) into.rewriter.unsupported(into.node, 'has a zero point for each row, which is not supported.')
  const product = into.one('MatMul', [counted(into, 0, 2), counted(into, 1, 3)])
  into.result(into.one('Cast', [product], wholeType))
}

function convInteger(into: Expansion): void {
  if (several(into, 3))
    into.rewriter.unsupported(into.node, 'has a zero point for each channel, which ONNX Runtime does not run either.')
  const product = into.one('Conv', [counted(into, 0, 2), counted(into, 1, 3)], own(into, window))
  into.result(into.one('Cast', [product], wholeType))
}

function qGemm(into: Expansion): void {
  const turned = numberAttribute(into.node, 'transB', 0) === 1
  const operands = [real(into, 0), real(into, 3, turned ? 0 : 1)]
  // ONNX Runtime scales the bias as the product, alpha included.
  if (into.has(6)) operands.push(bias(into, 6, 1, 4))
  const result = into.one('Gemm', operands, own(into, ['alpha', 'transA', 'transB']))
  if (into.has(7)) whole(into, result, 7)
  else into.result(result)
}

function qLinearConcat(into: Expansion): void {
  const parts = Array.from({ length: (into.node.inputs.length - 2) / 3 }, (_, k) => real(into, 2 + 3 * k))
  whole(into, into.one('Concat', parts, own(into, ['axis'])), 0)
}

function globalAverage(into: Expansion): void {
  if (numberAttribute(into.node, 'channels_last', 0) === 1)
    into.rewriter.unsupported(into.node, 'reads channels last, which is not supported.')
  ofOne('GlobalAveragePool')(into)
}

/** By domain and operator. */
export const quantisedExpansions: Readonly<Record<string, Rule>> = {
  '::QLinearConv': (into) => {
    const operands = [real(into, 0), real(into, 3), ...(into.has(8) ? [bias(into, 8, 1, 4)] : [])]
    whole(into, into.one('Conv', operands, own(into, window)), 6)
  },
  '::QLinearMatMul': (into) => whole(into, into.one('MatMul', [real(into, 0), real(into, 3, columns(into, 3))]), 6),
  '::MatMulInteger': matMulInteger,
  '::ConvInteger': convInteger,
  'com.microsoft::QGemm': qGemm,
  'com.microsoft::QLinearConcat': qLinearConcat,
  'com.microsoft::QLinearGlobalAveragePool': globalAverage,
  'com.microsoft::QLinearAdd': ofTwo('Add'),
  'com.microsoft::QLinearMul': ofTwo('Mul'),
  'com.microsoft::QLinearSigmoid': ofOne('Sigmoid'),
  'com.microsoft::QLinearLeakyRelu': ofOne('LeakyRelu', ['alpha']),
  'com.microsoft::QLinearSoftmax': ofOne('Softmax', ['axis']),
  'com.microsoft::QLinearAveragePool': ofOne('AveragePool', window),
  'com.microsoft::QLinearReduceMean': ofOne('ReduceMean', ['axes', 'keepdims']),
}
