/** Lowering of GridSample: the pixels around each place are gathered and weighted by how near they are. */
import { numberAttribute, stringAttribute } from '../../graph/graph'
import { tensor } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'
import { binaryEmit, knownDims, scalar, targetDims, unaryEmit } from './common'

/** One axis of the grid: where its neighbours lie, how much each counts. */
interface Neighbours {
  readonly at: readonly Register[]
  readonly share: readonly Register[]
}

interface Modes {
  readonly corners: boolean
  readonly padding: string
  readonly mode: 'nearest' | 'linear' | 'cubic'
}

const plus = (context: LoweringContext, x: Register, term: number) =>
  term === 0 ? x : binaryEmit(context, 'AddV2', x, scalar(context, term))
const times = (context: LoweringContext, x: Register, factor: number) =>
  factor === 1 ? x : binaryEmit(context, 'Mul', x, scalar(context, factor))
const minus = (context: LoweringContext, a: Register, b: Register) => binaryEmit(context, 'Sub', a, b)
const within = (context: LoweringContext, x: Register, extent: number) =>
  unaryEmit(context, 'ClipByValue', x, { clip_value_min: 0, clip_value_max: extent - 1 })

/** Thrown back at both ends as often as needed: at the middle of the last pixels (corners), or at their outer borders. */
function reflected(context: LoweringContext, x: Register, extent: number, corners: boolean): Register {
  const [low, span] = corners ? [0, extent - 1] : [-0.5, extent]
  if (span === 0) return times(context, x, 0)
  const far = unaryEmit(context, 'Abs', plus(context, x, -low))
  const turns = unaryEmit(context, 'Floor', times(context, far, 1 / (2 * span)))
  const rest = minus(context, far, times(context, turns, 2 * span))
  const apart = unaryEmit(context, 'Abs', plus(context, rest, -span))
  return plus(context, unaryEmit(context, 'Neg', apart), low + span)
}

/** Where a place or a pixel outside lies instead; what counts as zeros stays where it is. */
function padded(context: LoweringContext, x: Register, extent: number, { padding, corners }: Modes): Register {
  if (padding === 'zeros') return x
  const back = padding === 'reflection' ? reflected(context, x, extent, corners) : x
  return within(context, back, extent)
}

/** Keys' cubic convolution of the distances 1 + d, d, 1 - d and 2 - d, with the coefficient of PyTorch. */
function cubicShares(context: LoweringContext, d: Register): Register[] {
  const a = -0.75
  const horner = (x: Register, [cube, square, linear, constant]: readonly [number, number, number, number]) => {
    const first = plus(context, times(context, x, cube), square)
    const second = plus(context, binaryEmit(context, 'Mul', first, x), linear)
    return plus(context, binaryEmit(context, 'Mul', second, x), constant)
  }
  const near = [a + 2, -(a + 3), 0, 1] as const
  const wide = [a, -5 * a, 8 * a, -4 * a] as const
  const left = plus(context, unaryEmit(context, 'Neg', d), 1)
  return [horner(plus(context, d, 1), wide), horner(d, near), horner(left, near), horner(plus(context, left, 1), wide)]
}

/** @param place -1 .. 1 over an axis of `extent` pixels */
function neighbours(context: LoweringContext, place: Register, extent: number, modes: Modes): Neighbours {
  const wide = plus(context, place, 1)
  const free = modes.corners
    ? times(context, wide, (extent - 1) / 2)
    : plus(context, times(context, wide, extent / 2), -0.5)
  const isCubic = modes.mode === 'cubic'
  const x = isCubic ? free : padded(context, free, extent, modes)
  const first = unaryEmit(context, modes.mode === 'nearest' ? 'Round' : 'Floor', x)
  const steps = isCubic ? [-1, 0, 1, 2] : modes.mode === 'nearest' ? [0] : [0, 1]
  const found = steps.map((step) => plus(context, first, step))
  const inside = (at: Register) => {
    const same = binaryEmit(context, 'Equal', at, within(context, at, extent))
    return unaryEmit(context, 'Cast', same, { DstT: 'float32' })
  }
  const far = minus(context, x, first)
  const near =
    modes.mode === 'nearest'
      ? null
      : isCubic
        ? cubicShares(context, far)
        : [plus(context, unaryEmit(context, 'Neg', far), 1), far]
  // Neighbours outside count as zeros; of a cubic, which reaches further than places were brought back, they lie elsewhere.
  const elsewhere = isCubic && modes.padding !== 'zeros'
  const share = found.map((at, i) => {
    const weight = near?.[i]
    if (elsewhere) return weight as Register
    const counts = inside(at)
    return weight ? binaryEmit(context, 'Mul', weight, counts) : counts
  })
  const at = found.map((each) => within(context, elsewhere ? padded(context, each, extent, modes) : each, extent))
  return { at, share }
}

const modeOf = (context: LoweringContext, mode: string): Modes['mode'] => {
  if (mode === 'nearest') return 'nearest'
  if (/^(bi)?linear$/.test(mode)) return 'linear'
  return /^(bi)?cubic$/.test(mode) ? 'cubic' : context.fail(`its interpolation is "${mode}"`)
}

/** Every choice of one neighbour along each axis: where it lies among all pixels, and what it counts for. */
function chosen(
  context: LoweringContext,
  axes: readonly Neighbours[],
  extents: readonly number[],
): { readonly place: Register; readonly share: Register }[] {
  return axes.reduce<{ place: Register; share: Register }[]>(
    (found, { at, share }, axis) =>
      axis === 0
        ? at.map((place, i) => ({ place, share: share[i] as Register }))
        : found.flatMap((one) =>
            at.map((place, i) => ({
              place: binaryEmit(context, 'AddV2', times(context, one.place, extents[axis] as number), place),
              share: binaryEmit(context, 'Mul', one.share, share[i] as Register),
            })),
          ),
    [],
  )
}

export function lowerGridSample(context: LoweringContext): void {
  const { node } = context
  const rank = context.shape(0).length
  if (rank !== 4 && rank !== 5) context.fail('it reads something else than images and volumes')
  const modes = {
    corners: numberAttribute(node, 'align_corners', 0) === 1,
    padding: stringAttribute(node, 'padding_mode', 'zeros'),
    mode: modeOf(context, stringAttribute(node, 'mode', 'bilinear')),
  }
  const [batch, channels, ...extents] = knownDims(context, context.shape(0)) as [number, number, ...number[]]
  const sizes = knownDims(context, context.shape(1).slice(1, -1))
  const splits = { size_splits: extents.map(() => 1), axis: rank - 1 }
  const grid = context.emitMany('SplitV', [context.input(1, 'plain')], splits, 'plain', extents.length)
  // The grid names the last axis first.
  const axes = extents.map((extent, i) => neighbours(context, grid[extents.length - 1 - i] as Register, extent, modes))
  const pixels = context.emit('Reshape', [context.input(0, 'nhwc')], { shape: [-1, channels] }, 'plain')
  const plane = extents.reduce((a, b) => a * b, 1)
  const starts = Int32Array.from({ length: batch }, (_, n) => n * plane)
  const start = context.literal(tensor('int32', [batch, ...sizes.map(() => 1), 1], starts))
  const parts = chosen(context, axes, extents).map(({ place, share }) => {
    const at = binaryEmit(context, 'AddV2', unaryEmit(context, 'Cast', place, { DstT: 'int32' }), start)
    const index = unaryEmit(context, 'Cast', unaryEmit(context, 'Reshape', at, { shape: [-1] }), { DstT: 'int32' })
    const found = context.emit('GatherV2', [pixels, index], { axis: 0 }, 'plain')
    return binaryEmit(context, 'Mul', found, unaryEmit(context, 'Reshape', share, { shape: [-1, 1] }))
  })
  const sum = parts.reduce((total, part) => binaryEmit(context, 'AddV2', total, part))
  const shape = targetDims(context, [batch, ...sizes, channels])
  context.output(0, context.emit('Reshape', [sum], { shape }, 'nhwc'))
}
