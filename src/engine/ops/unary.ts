/** Elementwise operators of one operand: every unit passes through. */
import type { DataType } from '../graph/tensor'
import type { CouplingContext, InferContext, Inferred } from './definition'
import { registerOp } from './definition'
import { lowerActivation, lowerCast, lowerClip, lowerNothing } from './lower/activation'
import { lowerIsInf, lowerIsNaN } from './lower/indexing'

/** Output has the shape of input 0. */
export const inferSame = (context: InferContext): Inferred[] => {
  const { dtype, shape, elements } = context.input(0)
  return [{ dtype, shape, ...(elements && context.node.op === 'Identity' ? { elements } : {}) }]
}

export const coupleSame = (context: CouplingContext): void => context.set(0, context.operand(0))

/** ONNX operator to the opset its canonical form needs. */
const simple: Readonly<Record<string, number>> = {
  Relu: 7,
  LeakyRelu: 7,
  Elu: 7,
  Selu: 7,
  Celu: 12,
  ThresholdedRelu: 10,
  Sigmoid: 7,
  HardSigmoid: 7,
  HardSwish: 14,
  Mish: 18,
  Gelu: 20,
  Tanh: 7,
  Softplus: 7,
  Softsign: 7,
  Erf: 9,
  Sqrt: 7,
  Exp: 7,
  Log: 7,
  Neg: 7,
  Abs: 7,
  Reciprocal: 7,
  Sin: 7,
  Cos: 7,
  Tan: 7,
  Asin: 7,
  Acos: 7,
  Atan: 7,
  Sinh: 9,
  Cosh: 9,
  Asinh: 9,
  Acosh: 9,
  Atanh: 9,
  Shrink: 9,
  Floor: 7,
  Ceil: 7,
  Round: 11,
  Sign: 9,
  Identity: 7,
}
/** Zeros in the places of removed units would make infinities and what follows from them. */
const notOfZero = new Set(['Log', 'Reciprocal'])
for (const [op, since] of Object.entries(simple)) {
  const lower = op === 'Identity' ? lowerNothing : lowerActivation
  const mixes = notOfZero.has(op) ? { mixes: () => true } : {}
  registerOp({ op, since, infer: inferSame, couple: coupleSame, lower, ...mixes })
}

registerOp({ op: 'BitwiseNot', since: 18, infer: inferSame, couple: coupleSame })
for (const op of ['IsNaN', 'IsInf']) {
  registerOp({
    op,
    since: 10,
    infer: (context) => [{ dtype: 'bool', shape: context.shape(0) }],
    couple: coupleSame,
    lower: op === 'IsNaN' ? lowerIsNaN : lowerIsInf,
  })
}

/** Data types by their number in ONNX. */
export const castTypes: Readonly<Record<number, DataType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
}

registerOp({
  op: 'Cast',
  infer(context) {
    const x = context.input(0)
    const to = context.node.attributes.get('to')
    const dtype = to?.kind === 'int' ? castTypes[to.value] : undefined
    if (!dtype) return context.fail(`it casts to a type (${to?.value}) that is not known`)
    return [{ ...x, dtype }]
  },
  couple: coupleSame,
  lower: lowerCast,
})

registerOp({
  op: 'Dropout',
  since: 13,
  infer(context) {
    const x = context.input(0)
    return context.node.outputs.length > 1 ? [x, { dtype: 'bool', shape: x.shape }] : [x]
  },
  couple: coupleSame,
  lower: lowerNothing,
})

registerOp({ op: 'Clip', since: 13, infer: inferSame, couple: coupleSame, lower: lowerClip })
