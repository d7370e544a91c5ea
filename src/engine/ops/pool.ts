/** MaxPool, AveragePool and LpPool: sliding windows that keep every channel to itself. */
import { type GraphNode, numbersAttribute } from '../graph/graph'
import { type CouplingContext, type InferContext, type Inferred, type Labels, registerOp } from './definition'
import { idsAlong, onAxis } from './labels'
import { lowerLpPool } from './lower/lp-pool'
import { lowerPool } from './lower/pool'
import { oneSample, slides, windowOf, windowOutput } from './shapes'

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

const kernelOf = (node: GraphNode): readonly number[] => numbersAttribute(node, 'kernel_shape', undefined) ?? []

/**
 * An average over neighbours along one axis and nothing else, as local response normalisation is exported: its spatial
 * axis, -1 for any other pool.
 */
function neighbourAxis(node: GraphNode): number {
  const kernel = kernelOf(node)
  const wide = kernel.flatMap((extent, k) => (extent === 1 ? [] : [k]))
  const { strides, dilations } = windowOf(node, kernel, [])
  const stepwise = strides.every((stride) => stride === 1) && dilations.every((dilation) => dilation === 1)
  return node.op === 'AveragePool' && wide.length === 1 && stepwise ? (wide[0] as number) : -1
}

/** The unit of each result is the one in the middle of its window; units that are in the middle of none stay. */
function coupleNeighbours(context: CouplingContext, k: number, labels: Labels): Labels {
  const kernel = kernelOf(context.node)
  const { pads } = windowOf(context.node, kernel, context.shape(0).slice(2))
  const extent = oneSample(context.outputShape(0))[k + 2] as number
  const first = Math.floor((kernel[k] as number) / 2) - (pads[k] as number)
  const ids = Int32Array.from({ length: extent }, (_, i) => labels.ids[i + first] ?? 0)
  context.fix(
    labels.ids.filter((_, i) => i < first || i >= first + extent),
    'held.slides',
  )
  return onAxis(k + 2, ids)
}

/** An axis that a window of one passes step by step is as good as another channel (sequences pooled as images). */
function couple(context: CouplingContext): void {
  const neighbours = neighbourAxis(context.node)
  const labels = context.operand(0)
  const along = idsAlong(labels, neighbours + 2)
  if (neighbours >= 0 && along) {
    const result = labels.map((entry) => (entry.ids === along ? coupleNeighbours(context, neighbours, entry) : entry))
    context.set(0, result)
    return
  }
  coupleChannelwise(context, (axis) => slides(context.node, kernelOf(context.node), axis - 2))
}

registerOp({ op: 'MaxPool', infer, couple, lower: lowerPool })
registerOp({ op: 'LpPool', infer, couple, lower: lowerLpPool })
registerOp({
  op: 'AveragePool',
  infer,
  couple,
  lower: lowerPool,
  mixes: ({ node }) => neighbourAxis(node) >= 0,
})
