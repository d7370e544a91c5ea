/** From statistics to the decision's consumers, and from the consumers' weights back to a graph. */
import type { Coupling, Layer } from '../../coupling/index'
import type { Graph } from '../../graph/graph'
import { inferShapes } from '../../ops/infer'
import {
  type LayerStatistics,
  readWeights,
  type Statistics,
  type SumStatistics,
  shapeOfLayer,
  writeWeights,
} from '../../statistics/index'
import { withBias } from '../../statistics/linear-layer'
import { Consumer } from './consumer'

/** The consumers of one linear operator: a block each. */
export interface LayerConsumers {
  /** Null where there are no weights: a sum over units. */
  readonly layer: Layer | null
  readonly blocks: readonly Consumer[]
}

/** Units that may be removed: those of prunable groups. */
function prunableUnits(coupling: Coupling): Uint8Array {
  const result = new Uint8Array(coupling.units + 1)
  for (const group of coupling.groups) if (group.prunable) for (const unit of group.units) result[unit] = 1
  result[0] = 0
  return result
}

export function consumersOf(graph: Graph, coupling: Coupling, statistics: Statistics): LayerConsumers[] {
  const prunable = prunableUnits(coupling)
  const sums = statistics.sums.map((each) => ({ layer: null, blocks: [sumConsumer(each, prunable)] }))
  const layers = [...statistics.layers.values()].map((layerStatistics) => {
    const { layer, recurrent } = layerStatistics
    const weights = readWeights(graph, layer)
    if (recurrent) {
      const blocks = recurrent.map((block, b) =>
        recurrentConsumer(layerStatistics, block, b, weights[b] as Float64Array, prunable),
      )
      return { layer, blocks }
    }
    const blocks = layerStatistics.blocks.map((_, b) =>
      consumerOf(graph, layerStatistics, b, weights[b] as Float64Array, prunable),
    )
    return { layer, blocks }
  })
  return [...layers, ...sums]
}

/** Rows of each prunable unit. @param units whose each row is */
function slotsOf(units: Int32Array, prunable: Uint8Array): Map<number, Int32Array> {
  const slots = new Map<number, number[]>()
  units.forEach((unit, i) => {
    if (prunable[unit] !== 1) return
    const list = slots.get(unit)
    if (list) list.push(i)
    else slots.set(unit, [i])
  })
  return new Map([...slots].map(([unit, list]) => [unit, Int32Array.from(list)]))
}

/** A sum over units is a linear operator of one output whose weights are all the same. */
function sumConsumer(
  { units, weight, moments, precision, sensitivity }: SumStatistics,
  prunable: Uint8Array,
): Consumer {
  const rows = units.length + 1
  return new Consumer({
    outputUnits: Int32Array.of(0),
    rows,
    weights: Float64Array.from({ length: rows }, (_, i) => (i < units.length ? weight : 0)),
    taps: 1,
    moments,
    precision,
    sensitivity: Float64Array.of(sensitivity),
    slots: slotsOf(units, prunable),
  })
}

function consumerOf(
  graph: Graph,
  { layer, taps, blocks, sensitivity }: LayerStatistics,
  block: number,
  weights: Float64Array,
  prunable: Uint8Array,
): Consumer {
  const { mode, rows, moments, precision } = blocks[block] as LayerStatistics['blocks'][number]
  const shape = shapeOfLayer(graph, layer)
  const channels = shape.columns / taps
  const units = Int32Array.from({ length: rows - 1 }, (_, i) => {
    const channel = mode === 'patch' ? Math.floor(i / taps) : i
    // Behind a flatten units are listed column by column.
    const place = layer.kind === 'dense' ? channel * taps : block * channels + channel
    return layer.inputUnits[place] as number
  })
  return new Consumer({
    outputUnits: layer.outputUnits.slice(block * shape.outputs, (block + 1) * shape.outputs),
    rows,
    weights: mode === 'patch' ? weights : byTap(weights, shape.outputs, channels, taps),
    taps: mode === 'patch' ? 1 : taps,
    moments,
    precision,
    sensitivity: sensitivity[block] as Float64Array,
    slots: slotsOf(units, prunable),
  })
}

/** Rows [x_t; h_(t-1)] of a recurrent operator's gates: a hidden unit is read here where it is made. */
function recurrentConsumer(
  { blocks, sensitivity }: LayerStatistics,
  { inputUnits, outputUnits }: NonNullable<LayerStatistics['recurrent']>[number],
  block: number,
  weights: Float64Array,
  prunable: Uint8Array,
): Consumer {
  const { rows, moments, precision } = blocks[block] as LayerStatistics['blocks'][number]
  return new Consumer({
    outputUnits,
    rows,
    weights,
    taps: 1,
    moments,
    precision,
    sensitivity: sensitivity[block] as Float64Array,
    slots: slotsOf(inputUnits, prunable),
  })
}

/** [outputs, channels x taps + 1] -> [taps, outputs, channels + 1], the bias with the first tap. */
function byTap(weights: Float64Array, outputs: number, channels: number, taps: number): Float64Array {
  const width = channels * taps + 1
  const rows = channels + 1
  const result = new Float64Array(taps * outputs * rows)
  for (let o = 0; o < outputs; o++) {
    for (let t = 0; t < taps; t++) {
      for (let c = 0; c < channels; c++) {
        result[(t * outputs + o) * rows + c] = weights[o * width + c * taps + t] as number
      }
    }
    result[o * rows + channels] = weights[o * width + width - 1] as number
  }
  return result
}

/** The inverse of `byTap`; the bias is the sum over taps. */
function byChannel({ weights, taps, outputs, rows }: Consumer): Float64Array {
  if (taps === 1) return weights
  const channels = rows - 1
  const width = channels * taps + 1
  const result = new Float64Array(outputs * width)
  for (let t = 0; t < taps; t++) {
    for (let o = 0; o < outputs; o++) {
      const from = (t * outputs + o) * rows
      for (let c = 0; c < channels; c++) result[o * width + c * taps + t] = weights[from + c] as number
      const bias = o * width + width - 1
      result[bias] = (result[bias] as number) + (weights[from + channels] as number)
    }
  }
  return result
}

/** The network with a bias at every operator, for weights that were decided (see `withDecidedWeights`), and its layers there. */
export function withBiases(
  graph: Graph,
  layers: readonly LayerConsumers[],
): { readonly graph: Graph; readonly layers: readonly LayerConsumers[] } {
  let biased = graph
  const own = layers.map(({ layer, blocks }) => {
    if (!layer) return { layer, blocks }
    const step = withBias(biased, layer)
    biased = step.graph
    return { layer: step.layer, blocks }
  })
  return { graph: inferShapes(biased), layers: own }
}

/**
 * The network with the weights that the decision left: removed columns are zero, and what they did is rebuilt by the
 * others. This is what the prices speak of, before the refit.
 * @param graph whose operators all have a bias (see `withBiases`).
 */
export function withDecidedWeights(graph: Graph, layers: readonly LayerConsumers[]): Graph {
  let result = graph
  for (const { layer, blocks } of layers) if (layer) result = writeWeights(result, layer, blocks.map(byChannel))
  return result
}
