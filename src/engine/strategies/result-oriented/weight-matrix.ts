/** A consumer's weights while they change: in double precision here, or on the backend where they are many. */
import { hasBackend } from '../../runtime/tensors'
import { multiply, subtractLowRank, takeColumns, takeRows } from '../../statistics/linear-algebra'
import { BackendMatrix } from '../../statistics/linear-algebra/backend-matrix'

/** Numbers from which a matrix lives on the backend, whose products are worth the calls then. */
const MANY = 2 ** 20

/** W, [count, width] row-major. Rows and columns that were cleared are zero from then on. Whoever makes one disposes it. */
export interface WeightMatrix {
  /** Columns, as [count, columns], or [columns, count] where `turned`. */
  columns(indices: Int32Array, turned?: boolean): Float64Array
  /** Rows, as [rows, width]. */
  rows(indices: Int32Array): Float64Array
  /** A times the rows from `from` to `to`, for A of n x (to - from): [n, width]. */
  times(a: Float64Array, n: number, from: number, to: number): Float64Array
  /** W -= U V, for U [count, k] and V [k, width]. */
  subtract(u: Float64Array, v: Float64Array, k: number): void
  clearColumns(indices: Int32Array): void
  clearRow(index: number): void
  /** What is left with these rows and columns alone; this one is disposed. */
  reduced(rows: Int32Array, columns: Int32Array): WeightMatrix
  values(): Float64Array
  dispose(): void
}

/** @param values [count, width]; left alone */
export const weightMatrix = (values: Float64Array, count: number, width: number): WeightMatrix =>
  values.length >= MANY && hasBackend()
    ? BackendMatrix.of(values, count, width)
    : new HostMatrix(values.slice(), count, width)

class HostMatrix implements WeightMatrix {
  constructor(
    private readonly data: Float64Array,
    private readonly count: number,
    private readonly width: number,
  ) {}

  columns(indices: Int32Array, turned = false): Float64Array {
    return takeColumns(this.data, this.count, this.width, indices, turned)
  }

  rows(indices: Int32Array): Float64Array {
    return takeRows(this.data, this.width, indices)
  }

  times(a: Float64Array, n: number, from: number, to: number): Float64Array {
    const result = new Float64Array(n * this.width)
    multiply(result, a, this.data.subarray(from * this.width, to * this.width), n, to - from, this.width)
    return result
  }

  subtract(u: Float64Array, v: Float64Array, k: number): void {
    subtractLowRank(this.data, this.count, this.width, u, v, k)
  }

  clearColumns(indices: Int32Array): void {
    for (const column of indices) for (let at = column; at < this.data.length; at += this.width) this.data[at] = 0
  }

  clearRow(index: number): void {
    this.data.fill(0, index * this.width, (index + 1) * this.width)
  }

  reduced(rows: Int32Array, columns: Int32Array): WeightMatrix {
    const data = takeColumns(takeRows(this.data, this.width, rows), rows.length, this.width, columns)
    return new HostMatrix(data, rows.length, columns.length)
  }

  values(): Float64Array {
    return this.data
  }

  dispose(): void {}
}
