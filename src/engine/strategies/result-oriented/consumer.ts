/** One block of a linear operator while units are removed: its weights, moments and sensitivity, kept up to date. */
import {
  cholesky,
  inverse,
  multiply,
  solveLower,
  submatrix,
  subtractGram,
  subtractLowRank,
  takeColumns,
  takeRows,
  transposed,
} from '../../statistics/linear-algebra'
import { type Heir, heirsOf } from './heirs'
import { type WeightMatrix, weightMatrix } from './weight-matrix'

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

/** What is known of one unit in its own rows: three matrices as wide as it has rows. */
interface UnitState {
  /** Its rows among those that are kept. */
  readonly slots: Int32Array
  /** P_cc. */
  readonly own: Float64Array
  /** (P_cc)^-1, replaced as a whole. */
  residual: Float64Array
  /** W_c^T G W_c; only the lower triangle is kept. */
  readonly quadratic: Float64Array
}

/** Units as all start that are made of the same parts. */
type Start = ReadonlyMap<number, UnitState>

/** P is written anew, without what is gone, once as many rows as this share of it are gone. */
const SETTLE = 1 / 6

/** What is left is kept without what is gone, in matrices that shrink as the operator does. */
export class Consumer {
  readonly outputUnits: Int32Array
  readonly outputs: number
  readonly rows: number
  readonly taps: number
  readonly slots: ReadonlyMap<number, Int32Array>
  /** Rows and outputs that are kept, by their places in the whole operator: those that are left, and some that are gone. */
  private keptRows: Int32Array
  private keptOutputs: Int32Array
  /** [taps x kept outputs, kept rows]; made when something goes. */
  private held: WeightMatrix | null = null
  /** G of the outputs that are kept. */
  private sensitivity: Float64Array
  /** P as it was when it was last settled. */
  private settled: Float64Array
  /** F, [removed, kept rows]: P of the rows that are left is `settled` - F^T F. */
  private factor: Float64Array
  private removed = 0
  /** Kept rows that are gone. */
  private gone: number[] = []
  /** Outputs that are left, by their places in the whole operator. */
  private readonly alive: Set<number>
  private readonly units: Map<number, UnitState>
  private readonly start: Start
  /** Of each kept row: the diagonal of A, for the shares of heirs, and whose it is. */
  private variance: Float64Array
  private unitOfRow: Int32Array

  constructor(
    private readonly parts: ConsumerParts,
    start?: Start,
  ) {
    this.outputUnits = parts.outputUnits
    this.outputs = parts.outputUnits.length
    this.rows = parts.rows
    this.taps = parts.taps
    this.slots = parts.slots
    this.keptRows = upTo(this.rows)
    this.keptOutputs = upTo(this.outputs)
    this.sensitivity = parts.sensitivity
    this.settled = parts.precision
    this.factor = new Float64Array(0)
    this.alive = new Set(this.keptOutputs)
    this.start = start ?? this.begin()
    this.units = new Map(
      [...this.start].map(([unit, { slots, own, residual, quadratic }]) => [
        unit,
        { slots, own: own.slice(), residual, quadratic: quadratic.slice() },
      ]),
    )
    this.variance = Float64Array.from(this.keptRows, (i) => parts.moments[i * this.rows + i] as number)
    this.unitOfRow = new Int32Array(this.rows)
    for (const [unit, slots] of this.slots) for (const slot of slots) this.unitOfRow[slot] = unit
  }

  /** [taps, outputs, rows]; columns of removed units and rows of removed outputs are zero. */
  get weights(): Float64Array {
    const { taps, outputs, rows, keptOutputs, keptRows } = this
    const current = this.held?.values() ?? this.parts.weights
    const result = new Float64Array(taps * outputs * rows)
    let at = 0
    for (let tap = 0; tap < taps; tap++) {
      for (const output of keptOutputs) {
        const to = (tap * outputs + output) * rows
        for (const row of keptRows) result[to + row] = current[at++] as number
      }
    }
    return result
  }

  /** W as it is now. */
  private get current(): WeightMatrix {
    this.held ??= weightMatrix(this.parts.weights, this.taps * this.outputs, this.rows)
    return this.held
  }

  /** The operator as it was before anything was removed. */
  fresh(): Consumer {
    return new Consumer(this.parts, this.start)
  }

  /** Frees what is held on the backend; {@link fresh} ones have their own. */
  dispose(): void {
    this.held?.dispose()
    this.held = null
  }

  private begin(): Start {
    const { outputs, rows, taps, parts } = this
    const current = parts.weights
    const sensitive = new Float64Array(current.length)
    for (let tap = 0; tap < taps; tap++) {
      const from = tap * outputs * rows
      const to = from + outputs * rows
      multiply(sensitive.subarray(from, to), parts.sensitivity, current.subarray(from, to), outputs, outputs, rows)
    }
    const units = new Map<number, UnitState>()
    for (const [unit, slots] of this.slots) {
      const own = submatrix(parts.precision, rows, slots)
      const quadratic = this.quadraticOf(sensitive, slots)
      units.set(unit, { slots, own, residual: inverseOf(own, slots.length), quadratic })
    }
    return units
  }

  /** W_c^T G W_c, with G W as it is given. */
  private quadraticOf(sensitive: Float64Array, slots: Int32Array): Float64Array {
    const { rows } = this
    const current = this.parts.weights
    const width = slots.length
    const quadratic = new Float64Array(width * width)
    for (let row = 0; row < current.length; row += rows) {
      for (let a = 0; a < width; a++) {
        const w = current[row + (slots[a] as number)] as number
        const at = a * width
        for (let b = 0; b <= a; b++) {
          quadratic[at + b] = (quadratic[at + b] as number) + w * (sensitive[row + (slots[b] as number)] as number)
        }
      }
    }
    return quadratic
  }

  /**
   * Change of the result when the unit goes and this operator has re-fitted itself, second order:
   * 1/2 tr(G W_c (P_cc)^-1 W_c^T), summed over the taps that share P.
   */
  price(unit: number): number {
    const state = this.units.get(unit)
    if (!state) return 0
    return changeOf(state.quadratic, state.residual)
  }

  /** Leaves out what is gone, and brings P up to date. */
  private settle(): void {
    const { taps, keptOutputs, gone, alive, removed } = this
    const width = this.keptRows.length
    const lost = new Set(gone)
    const rows = upTo(width).filter((row) => !lost.has(row))
    const places = new Int32Array(width)
    rows.forEach((row, place) => {
      places[row] = place
    })
    const outputs = upTo(keptOutputs.length).filter((o) => alive.has(keptOutputs[o] as number))
    const ofTaps = Array.from({ length: taps }, (_, tap) => outputs.map((o) => tap * keptOutputs.length + o))
    this.held = this.current.reduced(Int32Array.from(ofTaps.flatMap((list) => [...list])), rows)
    this.sensitivity = submatrix(this.sensitivity, keptOutputs.length, outputs)
    this.settled = submatrix(this.settled, width, rows)
    subtractGram(this.settled, rows.length, takeColumns(this.factor, removed, width, rows), removed)
    this.factor = new Float64Array(0)
    this.removed = 0
    this.gone = []
    this.keptRows = rows.map((row) => this.keptRows[row] as number)
    this.keptOutputs = outputs.map((o) => keptOutputs[o] as number)
    this.variance = Float64Array.from(rows, (row) => this.variance[row] as number)
    this.unitOfRow = rows.map((row) => this.unitOfRow[row] as number)
    for (const [unit, state] of this.units) {
      this.units.set(unit, { ...state, slots: state.slots.map((slot) => places[slot] as number) })
    }
  }

  /**
   * Removes input units at once: what they did is rebuilt from the others (W and P after step 3 of the specification).
   * @returns what this changes, as {@link price} says it of one unit, and the units that inherited the work, largest share
   * first, at most `most`; with 0 nobody looks for them.
   */
  removeInputs(units: readonly number[], most = 5): { price: number; heirs: Heir[] } {
    const read = units.filter((unit) => this.units.has(unit))
    const slots = Int32Array.from(read.flatMap((unit) => [...(this.units.get(unit) as UnitState).slots]))
    if (slots.length === 0) return { price: 0, heirs: [] }
    const alone = read.length === 1 ? this.price(read[0] as number) : null
    for (const unit of read) this.units.delete(unit)
    const { current } = this
    const rows = this.keptRows.length
    const width = slots.length
    // P_c,: as it is now; with P_cc = L L^T, F gets the rows L^-1 P_c,: and U = (P_cc)^-1 P_c,: rebuilds the units.
    const own = takeRows(this.settled, rows, slots)
    if (this.removed > 0) {
      const known = takeColumns(this.factor, this.removed, rows, slots, true)
      subtractLowRank(own, width, rows, known, this.factor, this.removed)
    }
    for (const row of this.gone) for (let a = 0; a < width; a++) own[a * rows + row] = 0
    const together = takeColumns(own, width, rows, slots)
    const lower = together.slice()
    cholesky(lower, width)
    solveLower(lower, width, own, rows)
    const rebuilt = own.slice()
    solveLower(lower, width, rebuilt, rows, true)
    this.keep(own, width)
    const columns = current.columns(slots)
    const heirs = most > 0 ? heirsOf(this.unitOfRow, this.variance, new Set(read), columns, rebuilt, width, most) : []
    const quadratic = this.inherit(slots, rebuilt)
    current.subtract(columns, rebuilt, width)
    current.clearColumns(slots)
    this.gone.push(...slots)
    this.shrink(own, width)
    if (this.removed > SETTLE * rows) this.settle()
    return { price: alone ?? changeOf(quadratic, inverseOf(together, width)), heirs }
  }

  /**
   * What W - W_c U makes of every unit's W_j^T G W_j: with N = W_c^T G W - 1/2 (W_c^T G W_c) U it loses
   * U_j^T N_j + N_j^T U_j.
   * @returns W_c^T G W_c
   */
  private inherit(slots: Int32Array, rebuilt: Float64Array): Float64Array {
    const { current, sensitivity, taps } = this
    const rows = this.keptRows.length
    const outputs = this.keptOutputs.length
    const width = slots.length
    const count = taps * outputs
    const turned = current.columns(slots, true)
    // W_c^T G, tap by tap, and from it W_c^T G W.
    const pulled = new Float64Array(width * count)
    multiply(pulled, turned, sensitivity, width * taps, outputs, outputs)
    const lost = current.times(pulled, width, 0, count)
    const own = takeColumns(lost, width, rows, slots)
    const half = own.map((value) => value / 2)
    subtractLowRank(lost, width, rows, half, rebuilt, width)
    // Row by row of the operator, so that what is summed lies together.
    const [shares, losses] = [transposed(rebuilt, width, rows), transposed(lost, width, rows)]
    for (const { slots: others, quadratic } of this.units.values()) {
      const size = others.length
      for (let a = 0; a < size; a++) {
        const i = (others[a] as number) * width
        for (let b = 0; b <= a; b++) {
          const j = (others[b] as number) * width
          let sum = 0
          for (let k = 0; k < width; k++) {
            sum += (shares[i + k] as number) * (losses[j + k] as number)
            sum += (losses[i + k] as number) * (shares[j + k] as number)
          }
          quadratic[a * size + b] = (quadratic[a * size + b] as number) - sum
        }
      }
    }
    return own
  }

  /** Appends rows to F. */
  private keep(more: Float64Array, count: number): void {
    const end = this.removed * this.keptRows.length
    if (end + more.length > this.factor.length) {
      const larger = new Float64Array(Math.max(end + more.length, 2 * this.factor.length))
      larger.set(this.factor)
      this.factor = larger
    }
    this.factor.set(more, end)
    this.removed += count
  }

  /** What the last removal takes from every unit's P_cc. */
  private shrink(last: Float64Array, count: number): void {
    const factors = transposed(last, count, this.keptRows.length)
    for (const state of this.units.values()) {
      const { slots, own } = state
      const width = slots.length
      for (let a = 0; a < width; a++) {
        const i = (slots[a] as number) * count
        for (let b = 0; b <= a; b++) {
          const j = (slots[b] as number) * count
          let sum = 0
          for (let k = 0; k < count; k++) sum += (factors[i + k] as number) * (factors[j + k] as number)
          const left = (own[a * width + b] as number) - sum
          own[a * width + b] = left
          own[b * width + a] = left
        }
      }
      state.residual = inverseOf(state.own, width)
    }
  }

  /** Outputs of this operator are gone: their rows leave W and G, so what fed only them is cheap. */
  removeOutputs(gone: readonly number[]): void {
    const lost = gone.filter((output) => this.alive.delete(output))
    if (lost.length === 0) return
    const { current } = this
    const rows = this.keptRows.length
    const outputs = this.keptOutputs.length
    const places = Int32Array.from(lost, (output) => this.keptOutputs.indexOf(output))
    const sensitivity = takeRows(this.sensitivity, outputs, places)
    for (let tap = 0; tap < this.taps; tap++) {
      const from = tap * outputs
      const sensitive = current.times(sensitivity, places.length, from, from + outputs)
      const taken = current.rows(places.map((place) => from + place))
      places.forEach((place, i) => {
        const own = taken.subarray(i * rows, (i + 1) * rows)
        const pulled = sensitive.subarray(i * rows, (i + 1) * rows)
        this.forget(own, pulled, sensitivity[i * outputs + place] as number)
        // What later ones get from this one is gone with it.
        for (let later = i + 1; later < places.length; later++) {
          const factor = sensitivity[later * outputs + place] as number
          const to = later * rows
          for (let j = 0; j < rows; j++) sensitive[to + j] = (sensitive[to + j] as number) - factor * (own[j] as number)
        }
        current.clearRow(from + place)
      })
    }
  }

  /** With w and s the output's rows of W and G W, and g its own sensitivity: W^T G W loses w s^T + s w^T - g w w^T. */
  private forget(own: Float64Array, sensitive: Float64Array, g: number): void {
    for (const { slots, quadratic } of this.units.values()) {
      const width = slots.length
      for (let a = 0; a < width; a++) {
        const wa = own[slots[a] as number] as number
        const sa = sensitive[slots[a] as number] as number
        for (let b = 0; b <= a; b++) {
          const wb = own[slots[b] as number] as number
          const sb = sensitive[slots[b] as number] as number
          quadratic[a * width + b] = (quadratic[a * width + b] as number) - (wa * sb + sa * wb - g * wa * wb)
        }
      }
    }
  }
}

/** 1/2 tr(Q R) for symmetric matrices of as many rows; of Q only the lower triangle is looked at. */
function changeOf(quadratic: Float64Array, residual: Float64Array): number {
  const width = Math.sqrt(quadratic.length)
  let trace = 0
  for (let a = 0; a < width; a++) {
    const at = a * width
    for (let b = 0; b < a; b++) trace += 2 * (quadratic[at + b] as number) * (residual[at + b] as number)
    trace += (quadratic[at + a] as number) * (residual[at + a] as number)
  }
  return Math.max(0, trace / 2)
}

const upTo = (count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => i)

function inverseOf(own: Float64Array, width: number): Float64Array {
  return width === 1 ? Float64Array.of(1 / (own[0] as number)) : inverse(own.slice(), width)
}
