/** Lowering of BatchNorm and of the norms over channels, groups and positions. */
import { numberAttribute } from '../../graph/graph'
import { sizeOf } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { axisIn, binaryEmit, knownDims, operand, scalar, targetDims, unaryEmit } from './common'

export function lowerBatchNorm(context: LoweringContext): void {
  const shape = context.shape(0)
  const [n, channels, ...spatial] = shape
  const parameters = [1, 2, 3, 4].map((i) => context.weight(i))
  const attributes = {
    epsilon: numberAttribute(context.node, 'epsilon', 1e-5),
    is_training: false,
    data_format: 'NHWC',
  }
  const held = context.input(0, shape.length > 2 ? 'nhwc' : 'plain')
  if (shape.length === 4) {
    context.output(0, context.emit('FusedBatchNormV3', [held, ...parameters], attributes, 'nhwc'))
    return
  }
  // TF knows BatchNorm on images only.
  const places = spatial.length > 1 ? knownDims(context, spatial) : spatial
  const positions = places.length === 1 ? (places[0] as number) : sizeOf(places as number[])
  const image = targetDims(context, [n as number, 1, positions, channels as number])
  const x = context.emit('Reshape', [held], { shape: image }, 'nhwc')
  const y = context.emit('FusedBatchNormV3', [x, ...parameters], attributes, 'nhwc')
  const back = targetDims(context, [n as number, ...spatial, channels as number])
  context.output(0, context.emit('Reshape', [y], { shape: back }, held.layout))
}

/** (x - mean) / sqrt(variance + epsilon) over some axes of the layout x is held in. */
function standardise(context: LoweringContext, x: Register, axis: readonly number[], epsilon: number): Register {
  const reduce = (value: Register) => unaryEmit(context, 'Mean', value, { axis, keep_dims: true })
  const centred = binaryEmit(context, 'Sub', x, reduce(x))
  const variance = reduce(unaryEmit(context, 'Square', centred))
  const inverse = unaryEmit(context, 'Rsqrt', binaryEmit(context, 'AddV2', variance, scalar(context, epsilon)))
  return binaryEmit(context, 'Mul', centred, inverse)
}

export function lowerLayerNorm(context: LoweringContext): void {
  const rank = context.shape(0).length
  const given = numberAttribute(context.node, 'axis', -1)
  const first = given < 0 ? given + rank : given
  const axis = Array.from({ length: rank - first }, (_, i) => first + i)
  const x = context.input(0, 'plain')
  let y = standardise(context, x, axis, numberAttribute(context.node, 'epsilon', 1e-5))
  y = binaryEmit(context, 'Mul', y, context.input(1, 'plain'))
  if (context.has(2)) y = binaryEmit(context, 'AddV2', y, context.input(2, 'plain'))
  context.output(0, y)
}

export function lowerInstanceNorm(context: LoweringContext): void {
  const rank = context.shape(0).length
  const axis = Array.from({ length: rank - 2 }, (_, i) => i + 1)
  const x = context.input(0, 'nhwc')
  const y = standardise(context, x, axis, numberAttribute(context.node, 'epsilon', 1e-5))
  const scaled = binaryEmit(context, 'Mul', y, context.weight(1))
  context.output(0, binaryEmit(context, 'AddV2', scaled, context.weight(2)))
}

export function lowerGroupNorm(context: LoweringContext): void {
  const shape = context.shape(0)
  const groups = numberAttribute(context.node, 'num_groups', 1)
  const [n, channels, ...spatial] = shape
  if (typeof channels !== 'number') context.fail('its channels are not known')
  const perGroup = spatial.reduce<number>(
    (product, dim) => (typeof dim === 'number' ? product * dim : context.fail(`its extent "${dim}" is not known`)),
    (channels as number) / groups,
  )
  const x = context.input(0, 'plain')
  const grouped = unaryEmit(context, 'Reshape', x, { shape: targetDims(context, [n as number, groups, perGroup]) })
  const y = standardise(context, grouped, [2], numberAttribute(context.node, 'epsilon', 1e-5))
  const back = unaryEmit(context, 'Reshape', y, { shape: targetDims(context, shape) })
  const column = [channels as number, ...spatial.map(() => 1)]
  const scaled = binaryEmit(context, 'Mul', back, context.weight(1, undefined, column))
  context.output(0, binaryEmit(context, 'AddV2', scaled, context.weight(2, undefined, column)))
}

export function lowerLocalResponseNorm(context: LoweringContext): void {
  const size = numberAttribute(context.node, 'size', 0)
  if (size % 2 !== 1) context.fail(`its window of ${size} channels is even, so it has no middle`)
  if (context.shape(0).length !== 4) context.fail('it works on something else than images')
  context.output(
    0,
    context.emit(
      'LRN',
      [context.input(0, 'nhwc')],
      {
        depth_radius: (size - 1) / 2,
        bias: numberAttribute(context.node, 'bias', 1),
        alpha: numberAttribute(context.node, 'alpha', 1e-4) / size,
        beta: numberAttribute(context.node, 'beta', 0.75),
      },
      'nhwc',
    ),
  )
}

export function lowerLpNorm(context: LoweringContext): void {
  const rank = context.shape(0).length
  const given = numberAttribute(context.node, 'axis', -1)
  const x = operand(context, 0, context.layoutOf(0))
  const axis = [axisIn(x.layout, given < 0 ? given + rank : given, rank)]
  const sum = (value: Register) => unaryEmit(context, 'Sum', value, { axis, keep_dims: true })
  const norm =
    numberAttribute(context.node, 'p', 2) === 1
      ? sum(unaryEmit(context, 'Abs', x))
      : unaryEmit(context, 'Sqrt', sum(unaryEmit(context, 'Square', x)))
  context.output(0, binaryEmit(context, 'RealDiv', x, norm))
}
