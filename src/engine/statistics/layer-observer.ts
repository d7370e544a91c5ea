/** Gathers A and G of one linear operator over the batches of an observing pass. */
import type { Layer } from '../coupling/index'
import type { Graph } from '../graph/graph'
import { gather, reshape, slice, type Tensor, tensor1d, transpose } from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import { MomentSum, OuterSum } from './accumulate'
import { LayerSums } from './layer-sums'
import { type LinearShape, type SlidingWindow, shapeOfLayer, windowOfLayer } from './linear-layer'
import { precisionOf } from './precision'
import { asRows, channelMajor, extentsOf, outputRows, patchRows } from './rows'
import { samplePositions } from './sampling'
import type { BlockMoments, LayerStatistics } from './types'

type Random = () => number

/** Of [first extent x positions] rows those that count; null: all. */
export type CountingRows = ((total: number, positions: Int32Array) => Int32Array | null) | null

export interface LayerObserverOptions {
  readonly positions: number
  readonly maxRows: number
  /** Samples of the whole pass. */
  readonly samples: number
  readonly moments: boolean
  /** `exact` is G where it is known without gradients. */
  readonly sensitivity: boolean
  readonly exact: Float64Array | null
}

/** Spatial extents of what an operator reads and gives. */
export interface LayerExtents {
  readonly input: readonly number[]
  readonly output: readonly number[]
}

/** @param input and `output` live values of a batch. */
export function extentsOfLayer(layer: Layer, input: LiveValue, output: LiveValue): LayerExtents {
  const channelAxis = layer.kind === 'conv' ? 1 : -1
  return { input: extentsOf(input, channelAxis).spatial, output: extentsOf(output, channelAxis).spatial }
}

/** Channel moments see this many times as many positions, since every one of them is a single row. */
const CHANNEL_POSITIONS = 4

/** Whoever makes one disposes its sums. */
export class LayerObserver {
  readonly shape: LinearShape
  readonly mode: 'patch' | 'channel'
  /** Columns that share the moments of a channel: kernel positions, or map positions behind a flatten. */
  readonly taps: number
  readonly channels: number
  private readonly window: SlidingWindow | null
  private readonly outputSpatial: readonly number[]
  private readonly inputPositions: number
  readonly sums: LayerSums

  constructor(
    graph: Graph,
    readonly layer: Layer,
    private readonly options: LayerObserverOptions,
    readonly extents: LayerExtents,
  ) {
    this.shape = shapeOfLayer(graph, layer)
    const { blocks, columns, outputs } = this.shape
    const spatial = extents.input
    this.window = windowOfLayer(graph, layer, spatial)
    this.outputSpatial = extents.output
    const outputPositions = this.outputSpatial.reduce((a, b) => a * b, 1)
    // Behind a flatten the columns of a unit are its map's positions.
    const run = layer.kind === 'dense' ? uniformRun(layer.inputUnits) : 1
    const taps = layer.kind === 'dense' ? run : this.shape.taps
    const rows = options.samples * Math.min(options.positions, outputPositions)
    const wide = columns + 1 > options.maxRows || rows < 2 * (columns + 1)
    this.mode = wide && taps > 1 ? 'channel' : 'patch'
    this.taps = this.mode === 'channel' ? taps : this.shape.taps
    this.channels = this.mode === 'channel' ? columns / taps : this.shape.channels
    this.inputPositions = layer.kind === 'dense' ? taps : spatial.reduce((a, b) => a * b, 1)
    const width = this.mode === 'channel' ? this.channels : columns
    const wantsOuter = options.sensitivity && options.exact === null
    this.sums = new LayerSums(
      options.moments ? Array.from({ length: blocks }, () => new MomentSum(width)) : [],
      wantsOuter ? Array.from({ length: blocks }, () => new OuterSum(outputs)) : [],
    )
  }

  /**
   * Adds one batch's input. Runs inside a tidy scope.
   * @param samples of the batch: the first extent may be that of something else.
   * @param counting of the positions drawn, the rows that count; null: all.
   */
  addInput(input: LiveValue, samples: number, random: Random, counting: CountingRows): void {
    if (this.sums.moments.length === 0) return
    const { blocks } = this.shape
    const [rows, taps] =
      this.mode === 'patch' ? this.patches(input, samples, random, counting) : [this.singles(input, random), 1]
    if (rows.shape[0] === 0) return
    this.sums.moments.forEach((sum, b) => {
      sum.add(blockOf(rows, b, blocks, taps))
    })
  }

  private patches(input: LiveValue, samples: number, random: Random, counting: CountingRows): [Tensor, number] {
    // A dense operator's positions may be the samples, of which the last batch has fewer.
    const output = this.window ? this.outputSpatial : extentsOf(input, -1).spatial
    const total = output.reduce((a, b) => a * b, 1)
    const first = input.tensor.shape[0] as number
    const positions = samplePositions(total, Math.ceil((this.options.positions * samples) / first), random)
    const rows = patchRows(input, this.window, output, positions)
    const chosen = counting?.(total, positions) ?? null
    return [chosen ? gather(rows, tensor1d(chosen, 'int32')) : rows, this.shape.taps]
  }

  /** Single positions of the input, every channel a column. */
  private singles(input: LiveValue, random: Random): Tensor {
    const positions = samplePositions(this.inputPositions, CHANNEL_POSITIONS * this.options.positions, random)
    if (this.layer.kind === 'conv') return outputRows(input, 1, positions)
    // [samples, channels x map positions] as a map again.
    const flat = asRows(input, -1)
    const samples = (flat.shape[0] as number) * (flat.shape[1] as number)
    const tensor = transpose(reshape(flat, [samples, this.channels, this.taps]), [0, 2, 1])
    return outputRows({ tensor, layout: 'plain' }, -1, positions)
  }

  /** Adds the gradient at the operator's output; `counting` as for the input. Runs inside a tidy scope. */
  addGradient(gradient: LiveValue, samples: number, counting: CountingRows): void {
    this.sums.samples += samples
    if (this.sums.outer.length === 0) return
    const rows = asRows(gradient, this.layer.kind === 'conv' ? 1 : -1)
    const total = rows.shape[1] as number
    const chosen =
      counting?.(
        total,
        Int32Array.from({ length: total }, (_, i) => i),
      ) ?? null
    const all = reshape(rows, [-1, rows.shape[2] as number])
    const flat = chosen ? gather(all, tensor1d(chosen, 'int32')) : all
    this.sums.outer.forEach((sum, b) => {
      sum.add(blockOf(flat, b, this.sums.outer.length, 1))
    })
  }

  finish(): LayerStatistics {
    const order =
      this.mode === 'patch'
        ? channelMajor(this.shape.channels, this.shape.taps)
        : Int32Array.from({ length: this.channels }, (_, i) => i)
    const blocks = this.sums.moments.map((sum): BlockMoments => {
      const rows = order.length + 1
      const moments = sum.mean(order)
      // Seen input by input, of which a tap reads one at so few of the output's positions only.
      if (this.mode === 'channel' && this.window?.transposed) {
        const share = this.window.strides.reduce((a, b) => a / b, 1)
        for (let i = 0; i < moments.length; i++) moments[i] = (moments[i] as number) * share
      }
      return { mode: this.mode, rows, moments, precision: precisionOf(moments, rows) }
    })
    const { exact } = this.options
    const sensitivity = exact ? [exact] : this.sums.outer.map((sum) => sum.mean(this.sums.samples))
    return { layer: this.layer, taps: this.taps, blocks, sensitivity, kappa: 1 }
  }
}

/** Columns of one block: rows [n, taps x channels of all blocks] -> [n, taps x channels of the block]. */
export function blockOf(rows: Tensor, block: number, blocks: number, taps: number): Tensor {
  if (blocks === 1) return rows
  const [n, width] = rows.shape as [number, number]
  const channels = width / taps / blocks
  const apart = reshape(rows, [n, taps, blocks * channels])
  return reshape(slice(apart, [0, 0, block * channels], [n, taps, channels]), [n, taps * channels])
}

/** Length of the runs of equal unit ids, where all runs are equally long; 1 otherwise. */
export function uniformRun(units: Int32Array): number {
  let run = 1
  while (run < units.length && units[run] === units[0]) run++
  if (run === 1 || units.length % run !== 0 || units[0] === 0) return 1
  for (let i = 0; i < units.length; i++) {
    if (units[i] !== units[i - (i % run)]) return 1
  }
  for (let i = run; i < units.length; i += run) if (units[i] === units[i - run]) return 1
  return run
}
