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

const plus = (context: LoweringContext, x: Register, term: number) =>
  term === 0 ? x : binaryEmit(context, 'AddV2', x, scalar(context, term))
const times = (context: LoweringContext, x: Register, factor: number) =>
  binaryEmit(context, 'Mul', x, scalar(context, factor))
const within = (context: LoweringContext, x: Register, extent: number) =>
  unaryEmit(context, 'ClipByValue', x, { clip_value_min: 0, clip_value_max: extent - 1 })

/** @param place -1 .. 1 over an axis of `extent` pixels */
function neighbours(context: LoweringContext, place: Register, extent: number, modes: Modes): Neighbours {
  const wide = plus(context, place, 1)
  const free = modes.corners
    ? times(context, wide, (extent - 1) / 2)
    : plus(context, times(context, wide, extent / 2), -0.5)
  const x = modes.border ? within(context, free, extent) : free
  const first = unaryEmit(context, modes.nearest ? 'Round' : 'Floor', x)
  const found = modes.nearest ? [first] : [first, plus(context, first, 1)]
  const inside = (at: Register) => {
    const same = binaryEmit(context, 'Equal', at, within(context, at, extent))
    return unaryEmit(context, 'Cast', same, { DstT: 'float32' })
  }
  const far = modes.nearest ? undefined : binaryEmit(context, 'Sub', x, first)
  const share = found.map((at, i) => {
    const counts = inside(at)
    if (!far) return counts
    const near = i === 1 ? far : plus(context, unaryEmit(context, 'Neg', far), 1)
    return binaryEmit(context, 'Mul', near, counts)
  })
  return { at: found.map((at) => within(context, at, extent)), share }
}

interface Modes {
  readonly corners: boolean
  readonly border: boolean
  readonly nearest: boolean
}

export function lowerGridSample(context: LoweringContext): void {
  const { node } = context
  const mode = stringAttribute(node, 'mode', 'bilinear')
  const padding = stringAttribute(node, 'padding_mode', 'zeros')
  if (context.shape(0).length !== 4) context.fail('it reads something else than images')
  if (!/^(bi)?linear$|^nearest$/.test(mode)) context.fail(`its interpolation is "${mode}"`)
  if (padding === 'reflection') context.fail('it reflects at the border')
  const modes = {
    corners: numberAttribute(node, 'align_corners', 0) === 1,
    border: padding === 'border',
    nearest: mode === 'nearest',
  }
  const [batch, channels, height, width] = knownDims(context, context.shape(0)) as [number, number, number, number]
  const [rows, columns] = knownDims(context, context.shape(1).slice(1, 3)) as [number, number]
  const grid = context.emitMany(
    'SplitV',
    [context.input(1, 'plain')],
    { size_splits: [1, 1], axis: 3 },
    'plain',
    2,
  ) as [Register, Register]
  const across = neighbours(context, grid[0], width, modes)
  const down = neighbours(context, grid[1], height, modes)
  const pixels = context.emit('Reshape', [context.input(0, 'nhwc')], { shape: [-1, channels] }, 'plain')
  const starts = Int32Array.from({ length: batch }, (_, n) => n * height * width)
  const start = context.literal(tensor('int32', [batch, 1, 1, 1], starts))
  const parts = down.at.flatMap((y, i) =>
    across.at.map((x, j) => {
      const flat = binaryEmit(context, 'AddV2', times(context, y, width), x)
      const at = binaryEmit(context, 'AddV2', unaryEmit(context, 'Cast', flat, { DstT: 'int32' }), start)
      const index = unaryEmit(context, 'Cast', unaryEmit(context, 'Reshape', at, { shape: [-1] }), { DstT: 'int32' })
      const found = context.emit('GatherV2', [pixels, index], { axis: 0 }, 'plain')
      const share = binaryEmit(context, 'Mul', down.share[i] as Register, across.share[j] as Register)
      return binaryEmit(context, 'Mul', found, unaryEmit(context, 'Reshape', share, { shape: [-1, 1] }))
    }),
  )
  const sum = parts.reduce((total, part) => binaryEmit(context, 'AddV2', total, part))
  const shape = targetDims(context, [batch, rows, columns, channels])
  context.output(0, context.emit('Reshape', [sum], { shape }, 'nhwc'))
}
