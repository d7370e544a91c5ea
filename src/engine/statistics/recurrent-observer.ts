/** Gathers A and G of a recurrent operator's blocks, and what its own states are worth to it. */

import type { Graph } from '../graph/graph'
import { concat, gather, matMul, mul, reshape, slice, type Tensor, tensor1d, tensor2d } from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import { MomentSum, OuterSum } from './accumulate'
import { LayerSums } from './layer-sums'
import { type Presence, timeMajor } from './places'
import { precisionOf } from './precision'
import { insideOf, type RecurrentBlock, type RecurrentLayer, readRecurrent } from './recurrent-layer'
import { samplePositions } from './sampling'
import type { BlockMoments, LayerStatistics } from './types'

type Random = () => number
type Live = (name: string) => LiveValue

const columnsOf = (tensor: Tensor): number => tensor.shape.at(-1) as number
const flat = (tensor: Tensor): Tensor => reshape(tensor, [-1, columnsOf(tensor)])

/** Values of the session that the rows of a direction are made of. */
export function recurrentSources(layer: RecurrentLayer): string[] {
  const names = [layer.input]
  for (let d = 0; d < layer.directions; d++) {
    names.push(insideOf(layer, 'before', d))
    if (layer.node.op === 'GRU') names.push(insideOf(layer, 'open', d), insideOf(layer, 'reset', d))
  }
  return names
}

export const recurrentTaps = (layer: RecurrentLayer): string[] =>
  Array.from({ length: layer.directions }, (_, d) => insideOf(layer, 'inputs', d))

/** Rows of a block, [steps x samples, columns]. Runs inside a tidy scope. */
export function recurrentRows(layer: RecurrentLayer, block: RecurrentBlock, live: Live): Tensor {
  const inside = (part: 'before' | 'reset') => flat(live(insideOf(layer, part, block.direction)).tensor)
  switch (block.rows) {
    case 'both':
      return concat([flat(live(layer.input).tensor), inside('before')], 1)
    case 'input':
      return flat(live(layer.input).tensor)
    case 'state':
      return inside('before')
    case 'reset':
      return inside('reset')
  }
}

/** Gradient at a block's outputs, [steps x samples, outputs]. Runs inside a tidy scope. */
function gradientRows(layer: RecurrentLayer, block: RecurrentBlock, gradients: Live, values: Live): Tensor {
  const g = flat(gradients(insideOf(layer, 'inputs', block.direction)).tensor)
  const hidden = block.outputUnits.length / block.count
  const n = g.shape[0] as number
  if (layer.node.op !== 'GRU') return g
  if (block.rows === 'both') return slice(g, [0, 0], [n, 2 * hidden])
  const candidate = slice(g, [0, 2 * hidden], [n, hidden])
  if (block.rows !== 'state') return candidate
  // The reset gate stands between what the state gives and the candidate.
  return mul(candidate, flat(values(insideOf(layer, 'open', block.direction)).tensor))
}

/** Steps of tokens among the rows; null where all count. */
export function countingSteps(
  presence: Presence | null,
  steps: number,
  samples: number,
  drawn: Int32Array,
): Int32Array {
  const chosen: number[] = []
  for (const t of drawn) {
    for (let s = 0; s < samples; s++) {
      if (!presence || presence.present[s * presence.steps + t] === 1) chosen.push(t * samples + s)
    }
  }
  return steps > 0 ? Int32Array.from(chosen) : new Int32Array()
}

/** Whoever makes one disposes its sums. */
export class RecurrentObserver {
  readonly sums: LayerSums

  constructor(
    readonly layer: RecurrentLayer,
    private readonly wanted: { readonly positions: number; readonly moments: boolean; readonly sensitivity: boolean },
  ) {
    const blocks = (is: boolean) => (is ? layer.blocks : [])
    this.sums = new LayerSums(
      blocks(wanted.moments).map(({ inputUnits }) => new MomentSum(inputUnits.length)),
      blocks(wanted.sensitivity).map(({ outputUnits }) => new OuterSum(outputUnits.length)),
    )
  }

  /** Adds one batch. Runs inside a tidy scope. @param presence null where padding counts as any step does */
  add(values: Live, gradients: Live | null, presence: Presence | null, samples: number, random: Random): void {
    const steps = values(this.layer.input).tensor.shape[0] as number
    const drawn = countingSteps(presence, steps, samples, samplePositions(steps, this.wanted.positions, random))
    const rows = tensor1d(drawn, 'int32')
    this.layer.blocks.forEach((block, b) => {
      if (drawn.length > 0) this.sums.moments[b]?.add(gather(recurrentRows(this.layer, block, values), rows))
    })
    this.sums.samples += samples
    if (!gradients || this.sums.outer.length === 0) return
    const every = Int32Array.from({ length: steps }, (_, t) => t)
    const counting = presence ? tensor1d(countingSteps(presence, steps, samples, every), 'int32') : null
    this.layer.blocks.forEach((block, b) => {
      const g = gradientRows(this.layer, block, gradients, values)
      this.sums.outer[b]?.add(counting ? gather(g, counting) : g)
    })
  }

  finish(): LayerStatistics {
    const blocks = this.sums.moments.map((sum): BlockMoments => {
      const rows = sum.width + 1
      const moments = sum.mean(Int32Array.from({ length: sum.width }, (_, i) => i))
      return { mode: 'patch', rows, moments, precision: precisionOf(moments, rows) }
    })
    return {
      layer: this.layer,
      recurrent: this.layer.blocks,
      taps: 1,
      blocks,
      sensitivity: this.sums.outer.map((sum) => sum.mean(this.sums.samples)),
      kappa: 1,
    }
  }
}

/** What a gate on a unit's state changes through the operator itself: [steps x samples, hidden] a block that reads it. */
export function stateGates(
  graph: Graph,
  layer: RecurrentLayer,
  values: Live,
  gradients: Live,
  samples: number,
): { units: Int32Array; product: Tensor; samples: Int32Array }[] {
  const weights = readRecurrent(graph, layer)
  const steps = values(layer.input).tensor.shape[0] as number
  const places = timeMajor(steps, samples)
  return layer.blocks.flatMap((block, b) => {
    if (block.rows === 'input') return []
    const hidden = block.outputUnits.length / block.count
    const columns = block.inputUnits.length
    const outputs = block.outputUnits.length
    const own = new Float32Array(outputs * hidden)
    for (let o = 0; o < outputs; o++) {
      for (let j = 0; j < hidden; j++) {
        own[o * hidden + j] = weights[b]?.[o * (columns + 1) + columns - hidden + j] as number
      }
    }
    const pulled = matMul(gradientRows(layer, block, gradients, values), tensor2d(own, [outputs, hidden]))
    const state = recurrentRows(layer, { ...block, rows: block.rows === 'reset' ? 'reset' : 'state' }, values)
    const units = block.inputUnits.subarray(columns - hidden)
    return [{ units, product: mul(pulled, state), samples: places.samples }]
  })
}
