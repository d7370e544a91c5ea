/** The second pass: how changes by single removals add up over positions, and how those of different groups correlate. */
import type { Coupling } from '../coupling/index'
import type { Graph } from '../graph/graph'
import { add, matMul, mul, reshape, sum, type Tensor, tensor2d, transpose } from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import { blockOf } from './layer-observer'
import { inverseAt } from './linear-algebra'
import { readWeights, shapeOfLayer, windowOfLayer } from './linear-layer'
import { channelMajor, extentsOf, outputRows, patchRows } from './rows'
import { samplePositions } from './sampling'
import type { Correlation, LayerStatistics } from './types'

/** Positions of a map that the second pass looks at; more are drawn from, and the sums are scaled without bias. */
const POSITIONS = 64

/** Matrices of one block on the host, columns tap by tap as rows are held. */
interface Residual {
  /** [columns of A, columns of A]: row i times [z;1], plus `offset`, is the residual of column i's unit. */
  readonly matrix: Float32Array
  readonly offset: Float32Array
  readonly width: number
  /** [outputs, taps x channels]. */
  readonly weights: Float32Array
  readonly outputs: number
}

export class LayerPropagation {
  private readonly residuals: readonly Residual[]
  private readonly taps: number
  private readonly channels: number
  private readonly mode: 'patch' | 'channel'
  /** Sums over samples and units: of the squared sum over positions (logits, KL) and of the squares. */
  private together = 0
  private apart = 0
  private fisher = 0

  constructor(
    private readonly graph: Graph,
    private readonly statistics: LayerStatistics,
  ) {
    const { layer, blocks } = statistics
    const shape = shapeOfLayer(graph, layer)
    this.mode = blocks[0]?.mode ?? 'patch'
    this.taps = statistics.taps
    this.channels = shape.columns / this.taps
    const weights = readWeights(graph, layer)
    this.residuals = blocks.map((_, b) => this.residual(b, weights[b] as Float64Array, shape.outputs))
  }

  /** Unit of each channel of a block. */
  private unitsOf(block: number): Int32Array {
    const { layer } = this.statistics
    if (layer.kind === 'conv') return layer.inputUnits.subarray(block * this.channels, (block + 1) * this.channels)
    return Int32Array.from({ length: this.channels }, (_, c) => layer.inputUnits[c * this.taps] as number)
  }

  private residual(block: number, weights: Float64Array, outputs: number): Residual {
    const { precision, rows } = this.statistics.blocks[block] as LayerStatistics['blocks'][number]
    const width = rows - 1
    const columns = this.channels * this.taps
    const order = channelMajor(this.channels, this.taps)
    // Place of row i of P in a row as it is held.
    const places = this.mode === 'patch' ? order : Int32Array.from({ length: width }, (_, i) => i)
    const place = (i: number) => places[i] as number
    const units = this.unitsOf(block)
    const slots = new Map<number, number[]>()
    for (let i = 0; i < width; i++) {
      const unit = units[this.mode === 'patch' ? Math.floor(i / this.taps) : i] as number
      if (unit !== 0) slots.set(unit, [...(slots.get(unit) ?? []), i])
    }
    const matrix = new Float32Array(width * width)
    const offset = new Float32Array(width)
    for (const list of slots.values()) {
      const at = Int32Array.from(list)
      const inverted = inverseAt(precision, rows, at)
      for (let a = 0; a < at.length; a++) {
        const to = place(at[a] as number)
        for (let b = 0; b < at.length; b++) {
          const factor = inverted[a * at.length + b] as number
          const from = (at[b] as number) * rows
          for (let j = 0; j < width; j++) {
            const into = to * width + place(j)
            matrix[into] = (matrix[into] as number) + factor * (precision[from + j] as number)
          }
          offset[to] = (offset[to] as number) + factor * (precision[from + width] as number)
        }
      }
    }
    const turned = new Float32Array(outputs * columns)
    for (let o = 0; o < outputs; o++) {
      for (let i = 0; i < columns; i++) {
        turned[o * columns + (order[i] as number)] = weights[o * (columns + 1) + i] as number
      }
    }
    return { matrix, offset, width, weights: turned, outputs }
  }

  /**
   * Adds one batch; runs inside a tidy scope. `changes` [samples, units + 1] receives u(x) of the logit gradient.
   */
  addBatch(
    input: LiveValue,
    logitGradient: LiveValue,
    fisherGradient: LiveValue,
    changes: Float64Array,
    units: number,
    random: () => number,
  ): void {
    const { layer } = this.statistics
    const channelAxis = layer.kind === 'conv' ? 1 : -1
    const { spatial, samples } = extentsOf(input, channelAxis)
    const output = extentsOf(logitGradient, channelAxis).spatial
    const total = output.reduce((a, b) => a * b, 1)
    const positions = samplePositions(total, POSITIONS, random)
    const window = windowOfLayer(this.graph, layer, spatial)
    const blocks = this.residuals.length
    const perSample = positions.length
    let rows = patchRows(input, window, output, positions)
    if (layer.kind === 'dense' && this.taps > 1) {
      const n = rows.shape[0] as number
      rows = reshape(transpose(reshape(rows, [n, this.channels, this.taps]), [0, 2, 1]), [n, -1])
    }
    const gradients = [logitGradient, fisherGradient].map((g) => outputRows(g, channelAxis, positions))
    this.residuals.forEach((residual, b) => {
      const residuals = this.residualRows(blockOf(rows, b, blocks, this.taps), residual)
      const weights = tensor2d(residual.weights, [residual.outputs, this.taps * this.channels])
      const [logits, fisher] = gradients.map((g) => {
        const pulled = matMul(blockOf(g, b, blocks, 1), weights)
        const n = pulled.shape[0] as number
        return sum(reshape(mul(pulled, residuals), [n, this.taps, this.channels]), 1).dataSync()
      })
      const scale = { samples, perSample, total }
      this.tally(logits as Float32Array, this.unitsOf(b), scale, changes, units)
      this.fisher += this.couplingOf(fisher as Float32Array, this.unitsOf(b), scale).together
    })
  }

  private residualRows(rows: Tensor, { matrix, offset, width }: Residual): Tensor {
    const n = rows.shape[0] as number
    const flat = this.mode === 'patch' ? rows : reshape(rows, [n * this.taps, this.channels])
    const left = add(matMul(flat, tensor2d(matrix, [width, width]), false, true), offset)
    return reshape(left, [n, this.taps * this.channels])
  }

  private tally(
    u: Float32Array,
    units: Int32Array,
    scale: { samples: number; perSample: number; total: number },
    changes: Float64Array,
    count: number,
  ): void {
    const { together, apart } = this.couplingOf(u, units, scale, (sample, unit, value) => {
      const at = sample * (count + 1) + unit
      changes[at] = (changes[at] as number) + value
    })
    this.together += together
    this.apart += apart
  }

  /** Sums over samples and units of (sum over positions)^2 and of the sum of squares, both unbiased for all positions. */
  private couplingOf(
    u: Float32Array,
    units: Int32Array,
    { samples, perSample, total }: { samples: number; perSample: number; total: number },
    visit?: (sample: number, unit: number, value: number) => void,
  ): { together: number; apart: number } {
    const channels = units.length
    const { local, ids } = localUnits(units)
    const single = total / perSample
    const pair = perSample > 1 ? (total * (total - 1)) / (perSample * (perSample - 1)) : 1
    // A unit may own several channels of the operator: they go together, so they are added first. Place 0 is "fixed".
    const here = new Float64Array(ids.length)
    const sums = new Float64Array(ids.length)
    const squares = new Float64Array(ids.length)
    let together = 0
    let apart = 0
    for (let s = 0; s < samples; s++) {
      sums.fill(0)
      squares.fill(0)
      for (let p = 0; p < perSample; p++) {
        const row = (s * perSample + p) * channels
        here.fill(0)
        for (let c = 0; c < channels; c++) {
          const at = local[c] as number
          here[at] = (here[at] as number) + (u[row + c] as number)
        }
        for (let at = 1; at < ids.length; at++) {
          const value = here[at] as number
          sums[at] = (sums[at] as number) + value
          squares[at] = (squares[at] as number) + value * value
        }
      }
      for (let at = 1; at < ids.length; at++) {
        const value = sums[at] as number
        const square = squares[at] as number
        apart += single * square
        together += single * square + pair * (value * value - square)
        visit?.(s, ids[at] as number, single * value)
      }
    }
    return { together, apart }
  }

  /** kappa of the specification's step 2. */
  get kappa(): number {
    return this.apart > 0 ? Math.max(0, this.together) / this.apart : 1
  }

  /** The same sums, for the ratio of KL to change of the logits. */
  get totals(): { readonly logits: number; readonly fisher: number } {
    return { logits: Math.max(0, this.together), fisher: Math.max(0, this.fisher) }
  }
}

/** Numbers the units of some channels from 1 on; channels that stay share place 0. */
function localUnits(units: Int32Array): { local: Int32Array; ids: number[] } {
  const places = new Map<number, number>([[0, 0]])
  const ids = [0]
  const local = units.map((unit) => {
    let place = places.get(unit)
    if (place === undefined) {
      place = ids.push(unit) - 1
      places.set(unit, place)
    }
    return place
  })
  return { local, ids }
}

/**
 * R_ij = |F_ij| / sqrt(|F_ii| |F_jj|) for F = E[u u^T], without ever forming F: |F_ij|^2 is the sum of the elementwise
 * product of the groups' Gram matrices over samples.
 * @param changes [samples, units + 1].
 */
export function correlationOf(coupling: Coupling, changes: Float64Array, samples: number): Correlation {
  const groups = coupling.groups.filter((group) => group.prunable)
  const stride = coupling.units + 1
  const grams = groups.map((group) => {
    const units = group.units.filter((unit) => unit !== 0)
    const gram = new Float64Array(samples * samples)
    for (let a = 0; a < samples; a++) {
      for (let b = 0; b <= a; b++) {
        let dot = 0
        for (const unit of units) dot += (changes[a * stride + unit] as number) * (changes[b * stride + unit] as number)
        gram[a * samples + b] = dot
        gram[b * samples + a] = dot
      }
    }
    return gram
  })
  const norm = (a: Float64Array, b: Float64Array) => {
    let total = 0
    for (let i = 0; i < a.length; i++) total += (a[i] as number) * (b[i] as number)
    return Math.sqrt(Math.max(0, total))
  }
  const own = grams.map((gram) => norm(gram, gram))
  return {
    groups: groups.map((group) => group.name),
    values: grams.map((a, i) =>
      grams.map((b, j) => {
        const scale = Math.sqrt((own[i] as number) * (own[j] as number))
        return scale > 0 ? norm(a, b) / scale : i === j ? 1 : 0
      }),
    ),
  }
}
