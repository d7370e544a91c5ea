/** Lowering of RoiAlign and NonMaxSuppression, each one operation of the runtime's own. */
import { numberAttribute, stringAttribute } from '../../graph/graph'
import { toNumbers } from '../../graph/tensor'
import type { LoweringContext, Register } from '../lowering'

const places = (context: LoweringContext, i: number): Register =>
  context.constant(i) ? context.weight(i) : context.input(i, 'plain')

export function lowerRoiAlign(context: LoweringContext): void {
  const { node } = context
  const mode = stringAttribute(node, 'mode', 'avg')
  if (mode !== 'avg' && mode !== 'max') context.fail(`it takes the "${mode}" of a region`)
  const rule = stringAttribute(node, 'coordinate_transformation_mode', 'half_pixel')
  const attributes = {
    height: numberAttribute(node, 'output_height', 1),
    width: numberAttribute(node, 'output_width', 1),
    sampling_ratio: numberAttribute(node, 'sampling_ratio', 0),
    scale: numberAttribute(node, 'spatial_scale', 1),
    half_pixel: rule === 'half_pixel',
    max: mode === 'max',
  }
  const inputs = [context.input(0, 'nhwc'), places(context, 1), places(context, 2)]
  context.output(0, context.emit('RoiAlign', inputs, attributes, 'nhwc'))
}

/** What bounds the choice must be known: how many, how much they may overlap, which score they need. */
export function lowerNonMaxSuppression(context: LoweringContext): void {
  const bound = (i: number, otherwise: number): number => {
    if (!context.has(i)) return otherwise
    const given = context.constant(i) ?? context.fail('what bounds its choice is computed')
    return toNumbers(given)[0] ?? otherwise
  }
  const attributes = {
    most: bound(2, 0),
    overlap: bound(3, 0),
    least_score: bound(4, Number.NEGATIVE_INFINITY),
    centred: numberAttribute(context.node, 'center_point_box', 0) === 1,
  }
  const inputs = [places(context, 0), context.input(1, 'plain')]
  context.output(0, context.emit('NonMaxSuppression', inputs, attributes, 'plain'))
}
