/** One program instruction as one or a few GraphDef nodes, in the forms TF.js's converter runs. */
import { EspalierError } from '../../../contract/errors'
import { float32, type TensorData, tensor } from '../../graph/tensor'
import type { Instruction } from '../../ops/lowering'
import { type AttributeValue, bytesText, floats, integerList, integers } from './graph-def'

export interface NodeSink {
  /** Adds a node and returns its name. */
  node(op: string, inputs: readonly string[], attributes: Readonly<Record<string, AttributeValue>>): string
  /** Adds a constant and returns its name. */
  constant(data: TensorData): string
}

type Rule = (instruction: Instruction, inputs: readonly string[], sink: NodeSink) => string | readonly string[]

const numbersOf = (instruction: Instruction, name: string): readonly number[] =>
  instruction.attributes[name] as readonly number[]
const numberOf = (instruction: Instruction, name: string): number => instruction.attributes[name] as number
const flag = (instruction: Instruction, name: string): AttributeValue => ({ b: instruction.attributes[name] === true })
const float = (instruction: Instruction, name: string): AttributeValue => ({ f: numberOf(instruction, name) })

const vector = (values: readonly number[]): TensorData => tensor('int32', [values.length], Int32Array.from(values))
const whole = (value: number): TensorData => tensor('int32', [], Int32Array.of(value))
const real = (value: number): TensorData => float32([], Float32Array.of(value))

/** Pads as a matrix [axes, 2]. */
const padMatrix = (flat: readonly number[]): TensorData => tensor('int32', [flat.length / 2, 2], Int32Array.from(flat))

const T = { T: floats }

/** An operation that needs nothing but its inputs. */
const plain: Rule = (instruction, inputs, sink) => sink.node(instruction.op, inputs, T)

const convolution: Rule = (instruction, inputs, sink) => {
  const strides = numbersOf(instruction, 'strides')
  const dilations = numbersOf(instruction, 'dilations')
  if (strides.some((stride) => stride > 1) && dilations.some((dilation) => dilation > 1)) {
    throw new EspalierError(
      'EXPORT_FAILED',
      `TensorFlow.js runs no convolution that is both strided and dilated, as node "${instruction.node}" is. Export to ONNX instead.`,
    )
  }
  const { fused_ops: fused, num_args: count, leakyrelu_alpha: alpha } = instruction.attributes
  return sink.node(instruction.op, inputs, {
    ...T,
    strides: integerList(strides),
    dilations: integerList(dilations),
    padding: bytesText('EXPLICIT'),
    explicit_paddings: integerList(numbersOf(instruction, 'explicit_paddings')),
    data_format: bytesText('NHWC'),
    ...(typeof fused === 'string'
      ? { fused_ops: { list: { s: fused.split(',').map((name) => bytesText(name).s) } } }
      : {}),
    ...(typeof count === 'number' ? { num_args: { i: String(count) } } : {}),
    ...(typeof alpha === 'number' ? { leakyrelu_alpha: { f: alpha } } : {}),
  })
}

/** The most negative float, which no maximum picks. */
const lowest = -3.4028234663852886e38

const poolAttributes = (instruction: Instruction) => ({
  ...T,
  ksize: integerList(numbersOf(instruction, 'ksize')),
  strides: integerList(numbersOf(instruction, 'strides')),
  padding: bytesText('VALID'),
  data_format: bytesText('NHWC'),
})

/** TF.js pools without explicit padding, so the border is made first; averages are then divided by what was not border. */
const pool: Rule = (instruction, inputs, sink) => {
  const paddings = numbersOf(instruction, 'explicit_paddings')
  const [x] = inputs as [string]
  const attributes = poolAttributes(instruction)
  if (paddings.every((pad) => pad === 0)) return sink.node(instruction.op, [x], attributes)
  const matrix = sink.constant(padMatrix(paddings))
  const padded = (value: string, fill: number) =>
    sink.node('PadV2', [value, matrix, sink.constant(real(fill))], { ...T, Tpaddings: integers })
  if (instruction.op === 'MaxPool') return sink.node('MaxPool', [padded(x, lowest)], attributes)
  const average = sink.node('AvgPool', [padded(x, 0)], attributes)
  const share = sink.node('AvgPool', [padded(sink.node('OnesLike', [x], T), 0)], attributes)
  return sink.node('RealDiv', [average, share], T)
}

const reduction: Rule = (instruction, inputs, sink) =>
  sink.node(instruction.op, [...inputs, sink.constant(vector(numbersOf(instruction, 'axis')))], {
    ...T,
    Tidx: integers,
    keep_dims: flag(instruction, 'keep_dims'),
  })

/** The place of the largest or the smallest along an axis. */
const extremum: Rule = (instruction, inputs, sink) =>
  sink.node(instruction.op, [...inputs, sink.constant(whole(numberOf(instruction, 'axis')))], {
    ...T,
    Tidx: integers,
    output_type: integers,
  })

const rules: Readonly<Record<string, Rule>> = {
  Conv2D: convolution,
  DepthwiseConv2dNative: convolution,
  _FusedConv2D: convolution,
  FusedDepthwiseConv2dNative: convolution,
  MaxPool: pool,
  AvgPool: pool,
  Mean: reduction,
  Sum: reduction,
  Max: reduction,
  Min: reduction,
  Prod: reduction,
  BiasAdd: (i, inputs, sink) => sink.node(i.op, inputs, { ...T, data_format: bytesText('NHWC') }),
  FusedBatchNormV3: (i, inputs, sink) =>
    sink.node(i.op, inputs, {
      ...T,
      U: floats,
      epsilon: float(i, 'epsilon'),
      is_training: { b: false },
      data_format: bytesText('NHWC'),
    }),
  MatMul: (i, inputs, sink) =>
    sink.node(i.op, inputs, { ...T, transpose_a: flag(i, 'transpose_a'), transpose_b: flag(i, 'transpose_b') }),
  BatchMatMulV2: (i, inputs, sink) =>
    sink.node(i.op, inputs, { ...T, adj_x: flag(i, 'adj_x'), adj_y: flag(i, 'adj_y') }),
  Reshape: (i, inputs, sink) =>
    sink.node(i.op, [...inputs, sink.constant(vector(numbersOf(i, 'shape')))], { ...T, Tshape: integers }),
  Transpose: (i, inputs, sink) =>
    sink.node(i.op, [...inputs, sink.constant(vector(numbersOf(i, 'perm')))], { ...T, Tperm: integers }),
  ConcatV2: (i, inputs, sink) =>
    sink.node(i.op, [...inputs, sink.constant(whole(numberOf(i, 'axis')))], {
      ...T,
      Tidx: integers,
      N: { i: String(inputs.length) },
    }),
  SplitV(i, inputs, sink) {
    const sizes = numbersOf(i, 'size_splits')
    const name = sink.node(i.op, [...inputs, sink.constant(vector(sizes)), sink.constant(whole(numberOf(i, 'axis')))], {
      ...T,
      Tlen: integers,
      num_split: { i: String(sizes.length) },
    })
    return sizes.map((_, k) => (k === 0 ? name : `${name}:${k}`))
  },
  Slice: (i, inputs, sink) =>
    sink.node(
      i.op,
      [...inputs, sink.constant(vector(numbersOf(i, 'begin'))), sink.constant(vector(numbersOf(i, 'size')))],
      { ...T, Index: integers },
    ),
  PadV2: (i, inputs, sink) =>
    sink.node(
      i.op,
      [
        ...inputs,
        sink.constant(padMatrix(numbersOf(i, 'paddings'))),
        sink.constant(real(numberOf(i, 'constant_value'))),
      ],
      { ...T, Tpaddings: integers },
    ),
  Tile: (i, inputs, sink) =>
    sink.node(i.op, [...inputs, sink.constant(vector(numbersOf(i, 'multiples')))], { ...T, Tmultiples: integers }),
  ReverseV2: (i, inputs, sink) =>
    sink.node(i.op, [...inputs, sink.constant(vector(numbersOf(i, 'dims')))], { ...T, Tidx: integers }),
  GatherV2: (i, inputs, sink) =>
    sink.node(i.op, [...inputs, sink.constant(whole(numberOf(i, 'axis')))], {
      Tparams: floats,
      Tindices: integers,
      Taxis: integers,
      batch_dims: { i: String(i.attributes.batch_dims ?? 0) },
    }),
  ClipByValue: (i, inputs, sink) =>
    sink.node(
      i.op,
      [
        ...inputs,
        sink.constant(real(numberOf(i, 'clip_value_min'))),
        sink.constant(real(numberOf(i, 'clip_value_max'))),
      ],
      T,
    ),
  LeakyRelu: (i, inputs, sink) => sink.node(i.op, inputs, { ...T, alpha: float(i, 'alpha') }),
  ArgMax: extremum,
  ArgMin: extremum,
  TopKV2(i, inputs, sink) {
    const name = sink.node(i.op, [...inputs, sink.constant(whole(numberOf(i, 'k')))], { ...T, sorted: { b: true } })
    return [name, `${name}:1`]
  },
  LRN: (i, inputs, sink) =>
    sink.node(i.op, inputs, {
      ...T,
      depth_radius: { i: String(numberOf(i, 'depth_radius')) },
      bias: float(i, 'bias'),
      alpha: float(i, 'alpha'),
      beta: float(i, 'beta'),
    }),
  Cast(i, inputs, sink) {
    const types: Readonly<Record<string, string>> = { float32: 'DT_FLOAT', int32: 'DT_INT32', bool: 'DT_BOOL' }
    return sink.node(i.op, inputs, { SrcT: floats, DstT: { type: types[String(i.attributes.DstT)] ?? 'DT_FLOAT' } })
  },
  // The converter's own Prelu does not broadcast its slope on every backend.
  Prelu(_, [x, slope], sink) {
    const zero = sink.constant(real(0))
    const below = sink.node('Mul', [slope as string, sink.node('Minimum', [x as string, zero], T)], T)
    return sink.node('AddV2', [sink.node('Relu', [x as string], T), below], T)
  },
}

const simple = new Set([
  'AddV2',
  'Sub',
  'Mul',
  'RealDiv',
  'Pow',
  'Maximum',
  'Minimum',
  'FloorMod',
  'SelectV2',
  'Equal',
  'Greater',
  'GreaterEqual',
  'Less',
  'LessEqual',
  'LogicalAnd',
  'LogicalOr',
  'LogicalNot',
  'Relu',
  'Relu6',
  'Elu',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Erf',
  'Sqrt',
  'Rsqrt',
  'Exp',
  'Log',
  'Neg',
  'Abs',
  'Square',
  'Reciprocal',
  'Sin',
  'Cos',
  'Tan',
  'Asin',
  'Acos',
  'Atan',
  'Sinh',
  'Cosh',
  'Asinh',
  'Acosh',
  'Atanh',
  'Floor',
  'Ceil',
  'Round',
  'Sign',
  'Softmax',
  'LogSoftmax',
  'Identity',
])

/** Whether an operation has a form in TF.js's graph models. */
export const canWrite = (op: string): boolean => op in rules || simple.has(op)

/** Adds the nodes of an instruction; returns the name of each output. @throws EXPORT_FAILED */
export function writeInstruction(
  instruction: Instruction,
  inputs: readonly string[],
  sink: NodeSink,
): readonly string[] {
  const rule = rules[instruction.op] ?? (simple.has(instruction.op) ? plain : undefined)
  if (!rule) {
    throw new EspalierError(
      'EXPORT_FAILED',
      `TensorFlow.js has no form for ${instruction.op} (node "${instruction.node}"). Export to ONNX instead.`,
    )
  }
  const result = rule(instruction, inputs, sink)
  return typeof result === 'string' ? [result] : result
}
