/** MaxPool and AveragePool: sliding windows that keep every channel to itself. */
import { numbersAttribute } from '../graph/graph'
import { type CouplingContext, type InferContext, type Inferred, registerOp } from './definition'
import { lowerPool } from './lower/pool'
import { windowOf, windowOutput } from './shapes'

function infer(context: InferContext): Inferred[] {
  const x = context.input(0)
  const kernel = numbersAttribute(context.node, 'kernel_shape', undefined)
  if (!kernel) return context.fail('it has no kernel_shape')
  const spatial = x.shape.slice(2)
  if (kernel.length !== spatial.length) context.fail(`its window has ${kernel.length} axes for ${spatial.length}`)
  const window = windowOf(context.node, kernel, spatial)
  const shape = [...x.shape.slice(0, 2), ...windowOutput(window, spatial, context)]
  const result: Inferred[] = [{ dtype: x.dtype, shape }]
  if (context.node.outputs.length > 1) result.push({ dtype: 'int64', shape })
  return result
}

/**
 * A window slides over the axes behind the channels, so those cannot lose anything; channels pass.
 * @param slides whether it does so along one of these axes
 */
export function coupleChannelwise(context: CouplingContext, slides: (axis: number) => boolean = () => true): void {
  const labels = context.operand(0)
  const spatial = labels.filter((entry) => entry.axes.some((axis) => axis > 1 && slides(axis)))
  context.fix(spatial, 'held.slides')
  context.set(
    0,
    labels.filter((entry) => !spatial.includes(entry)),
  )
}

/** An axis that a window of one passes step by step is as good as another channel (sequences pooled as images). */
function couple(context: CouplingContext): void {
  const rank = context.shape(0).length - 2
  const list = (name: string, length: number, otherwise: number) =>
    numbersAttribute(context.node, name, Array<number>(length).fill(otherwise))
  const [kernel, strides, pads] = [list('kernel_shape', rank, 0), list('strides', rank, 1), list('pads', 2 * rank, 0)]
  coupleChannelwise(context, (axis) => {
    const k = axis - 2
    return kernel[k] !== 1 || strides[k] !== 1 || pads[k] !== 0 || pads[k + rank] !== 0
  })
}

registerOp({ op: 'MaxPool', infer, couple, lower: lowerPool })
registerOp({ op: 'AveragePool', infer, couple, lower: lowerPool })
