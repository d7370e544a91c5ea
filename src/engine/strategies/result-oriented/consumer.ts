/** One block of a linear operator while units are removed: its weights, moments and sensitivity, kept up to date. */
import { inverseAt, productAt, subtractLowRank, takeRows } from '../../statistics/linear-algebra'

export interface ConsumerParts {
  /** Output channels of the block, and the unit that each is (0: fixed). */
  readonly outputUnits: Int32Array
  /** Rows of the moment matrix; the last one is the constant 1. */
  readonly rows: number
  /**
   * Weights, [taps, outputs, rows] row-major. With moments over whole patches there is one tap and a row is a column of
   * the weight; with moments over channels a row is a channel and every tap has its own weights. The last column of
   * the first tap is the bias, that of the others 0: the bias is the sum over taps.
   */
  readonly weights: Float64Array
  readonly taps: number
  /** Second moments A and P = A^-1 (with its ridge), rows squared. */
  readonly moments: Float64Array
  readonly precision: Float64Array
  /** Sensitivity G, outputs squared. */
  readonly sensitivity: Float64Array
  /** Rows of the moment matrix that belong to each removable unit. */
  readonly slots: ReadonlyMap<number, Int32Array>
}

/** A unit of the same operator, and its share (0..1) of what the removed unit's work was rebuilt from. */
export interface Heir {
  readonly unit: number
  readonly share: number
}

export class Consumer {
  readonly outputUnits: Int32Array
  readonly outputs: number
  readonly rows: number
  readonly taps: number
  readonly slots: ReadonlyMap<number, Int32Array>
  /** [taps, outputs, rows]; columns of removed units and rows of removed outputs are zero. */
  readonly weights: Float64Array
  /** G W, maintained with W. */
  private readonly sensitive: Float64Array
  private readonly sensitivity: Float64Array
  /** P = A^-1 of the rows that are left; zero elsewhere. */
  readonly precision: Float64Array
  /** Diagonal of A, for the shares of heirs. */
  private readonly variance: Float64Array
  private readonly unitOfRow: Int32Array
  /** Outputs that are the very units the operator reads. */
  private readonly madeBy = new Map<number, number[]>()

  constructor(private readonly parts: ConsumerParts) {
    this.outputUnits = parts.outputUnits
    this.outputs = parts.outputUnits.length
    this.rows = parts.rows
    this.taps = parts.taps
    this.slots = parts.slots
    this.weights = parts.weights.slice()
    this.sensitivity = parts.sensitivity
    this.variance = new Float64Array(this.rows)
    for (let i = 0; i < this.rows; i++) this.variance[i] = parts.moments[i * this.rows + i] as number
    this.precision = parts.precision.slice()
    this.sensitive = new Float64Array(this.weights.length)
    for (let tap = 0; tap < this.taps; tap++) this.applySensitivity(tap)
    this.unitOfRow = new Int32Array(this.rows)
    for (const [unit, slots] of this.slots) for (const slot of slots) this.unitOfRow[slot] = unit
    parts.outputUnits.forEach((unit, o) => {
      if (this.taps === 1 && this.slots.has(unit)) this.madeBy.set(unit, [...(this.madeBy.get(unit) ?? []), o])
    })
  }

  /** The operator as it was before anything was removed. */
  fresh(): Consumer {
    return new Consumer(this.parts)
  }

  private applySensitivity(tap: number): void {
    const { outputs, rows } = this
    const start = tap * outputs * rows
    for (let i = 0; i < outputs; i++) {
      for (let k = 0; k < outputs; k++) {
        const g = this.sensitivity[i * outputs + k] as number
        if (g === 0) continue
        const from = start + k * rows
        const to = start + i * rows
        for (let j = 0; j < rows; j++) {
          this.sensitive[to + j] = (this.sensitive[to + j] as number) + g * (this.weights[from + j] as number)
        }
      }
    }
  }

  /**
   * Change of the result when the unit goes and this operator has re-fitted itself, second order:
   * 1/2 tr(G W_c (P_cc)^-1 W_c^T), summed over the taps that share P.
   */
  price(unit: number): number {
    const slots = this.slots.get(unit)
    if (!slots) return 0
    const { rows, weights, sensitive } = this
    const width = slots.length
    // B = W_c^T G W_c.
    const quadratic = new Float64Array(width * width)
    const count = this.taps * this.outputs
    // Outputs that go with the unit (its own gates in a recurrent operator) need not do without it.
    const own = this.madeBy.get(unit)
    for (let o = 0; o < count; o++) {
      if (own?.includes(o)) continue
      const row = o * rows
      for (let a = 0; a < width; a++) {
        const w = weights[row + (slots[a] as number)] as number
        if (w === 0) continue
        for (let b = 0; b < width; b++) {
          const at = a * width + b
          const column = slots[b] as number
          let g = sensitive[row + column] as number
          for (const other of own ?? []) {
            g -= (this.sensitivity[o * this.outputs + other] as number) * (weights[other * rows + column] as number)
          }
          quadratic[at] = (quadratic[at] as number) + w * g
        }
      }
    }
    const residual = inverseAt(this.precision, rows, slots)
    let trace = 0
    for (let i = 0; i < quadratic.length; i++) trace += (quadratic[i] as number) * (residual[i] as number)
    return Math.max(0, trace / 2)
  }

  /** Share of the unit's variance that the others do not predict, 0..1: small where it is redundant. */
  residualShare(unit: number): number {
    const slots = this.slots.get(unit)
    if (!slots) return 0
    const residual = inverseAt(this.precision, this.rows, slots)
    let left = 0
    let all = 0
    slots.forEach((slot, i) => {
      left += residual[i * slots.length + i] as number
      all += this.variance[slot] as number
    })
    return all > 0 ? Math.min(1, left / all) : 0
  }

  /**
   * Removes an input unit: what it did is rebuilt from the others (W and P after step 3 of the specification).
   * @returns the units that inherited its work, largest share first, at most `most`.
   */
  removeInput(unit: number, most = 5): Heir[] {
    const slots = this.slots.get(unit)
    if (!slots) return []
    const { rows, outputs, taps, precision } = this
    const width = slots.length
    const residual = inverseAt(precision, rows, slots)
    // V = P_c,: holds the unit's rows; U = (P_cc)^-1 applied, so that W -= W_c U and P -= V^T U.
    const own = takeRows(precision, rows, slots)
    const rebuilt = new Float64Array(width * rows)
    for (let a = 0; a < width; a++) {
      for (let b = 0; b < width; b++) {
        const factor = residual[a * width + b] as number
        for (let j = 0; j < rows; j++) {
          rebuilt[a * rows + j] = (rebuilt[a * rows + j] as number) + factor * (own[b * rows + j] as number)
        }
      }
    }
    const count = taps * outputs
    const change = productAt(this.weights, count, rows, slots, rebuilt, rows)
    const heirs = this.heirs(unit, change, most)
    const gather = (matrix: Float64Array, n: number) => {
      const columns = new Float64Array(n * width)
      for (let i = 0; i < n; i++) {
        for (let a = 0; a < width; a++) columns[i * width + a] = matrix[i * rows + (slots[a] as number)] as number
      }
      return columns
    }
    for (let at = 0; at < change.length; at++) this.weights[at] = (this.weights[at] as number) - (change[at] as number)
    subtractLowRank(this.sensitive, count, rows, gather(this.sensitive, count), rebuilt, width)
    subtractLowRank(precision, rows, rows, gather(precision, rows), rebuilt, width)
    for (const slot of slots) {
      for (let i = 0; i < count; i++) {
        this.weights[i * rows + slot] = 0
        this.sensitive[i * rows + slot] = 0
      }
      for (let i = 0; i < rows; i++) {
        precision[i * rows + slot] = 0
        precision[slot * rows + i] = 0
      }
      // Keeps the block of a removed unit invertible; nothing reads it again.
      precision[slot * rows + slot] = 1
    }
    return heirs
  }

  /** Shares by the energy of what was added to each unit's columns. `change` is [taps x outputs, rows]. */
  private heirs(unit: number, change: Float64Array, most: number): Heir[] {
    const { rows } = this
    const energy = new Map<number, number>()
    let total = 0
    for (let j = 0; j < rows; j++) {
      const to = this.unitOfRow[j] as number
      if (to === unit) continue
      let sum = 0
      for (let at = j; at < change.length; at += rows) sum += (change[at] as number) ** 2
      sum *= this.variance[j] as number
      total += sum
      if (to !== 0) energy.set(to, (energy.get(to) ?? 0) + sum)
    }
    if (total === 0) return []
    return [...energy]
      .map(([heir, sum]) => ({ unit: heir, share: sum / total }))
      .sort((a, b) => b.share - a.share || a.unit - b.unit)
      .slice(0, most)
      .filter((heir) => heir.share >= 0.01)
  }

  /** An output of this operator is gone: its row leaves W and G, so what fed only it is cheap. */
  removeOutput(row: number): void {
    const { rows, outputs } = this
    for (let tap = 0; tap < this.taps; tap++) {
      const gone = (tap * outputs + row) * rows
      for (let o = 0; o < outputs; o++) {
        const g = this.sensitivity[o * outputs + row] as number
        if (g === 0 || o === row) continue
        const to = (tap * outputs + o) * rows
        for (let j = 0; j < rows; j++) {
          this.sensitive[to + j] = (this.sensitive[to + j] as number) - g * (this.weights[gone + j] as number)
        }
      }
      this.weights.fill(0, gone, gone + rows)
      this.sensitive.fill(0, gone, gone + rows)
    }
  }
}
