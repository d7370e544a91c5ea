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

/** A window slides over the axes behind the channels, so those cannot lose anything; channels pass. */
export function coupleChannelwise(context: CouplingContext): void {
  const labels = context.operand(0)
  const spatial = labels.filter((entry) => entry.axes.some((axis) => axis > 1))
  context.fix(spatial, 'held.slides')
  context.set(
    0,
    labels.filter((entry) => !spatial.includes(entry)),
  )
}

registerOp({ op: 'MaxPool', infer, couple: coupleChannelwise, lower: lowerPool })
registerOp({ op: 'AveragePool', infer, couple: coupleChannelwise, lower: lowerPool })
