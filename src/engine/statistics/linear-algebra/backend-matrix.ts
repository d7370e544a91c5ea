/** A matrix of float32 on the backend, of which only what is asked for is read. */
import {
  gather,
  keep,
  matMul,
  slice,
  sub,
  type Tensor2D,
  tensor1d,
  tensor2d,
  tidy,
  transpose,
} from '../../runtime/tensors'

/** Rows and columns that were cleared are masked in what is read, and in what they are multiplied by. */
export class BackendMatrix {
  private readonly goneRows: Uint8Array
  private readonly goneColumns: Uint8Array

  /** @param tensor kept, and disposed here */
  private constructor(private tensor: Tensor2D) {
    const [count, width] = tensor.shape
    this.goneRows = new Uint8Array(count)
    this.goneColumns = new Uint8Array(width)
  }

  /** @param values [count, width] row-major; copied. Whoever makes one disposes it. */
  static of(values: Float64Array, count: number, width: number): BackendMatrix {
    return new BackendMatrix(keep(tensor2d(new Float32Array(values), [count, width])))
  }

  /** Columns, as [count, columns], or [columns, count] where `turned`. */
  columns(indices: Int32Array, turned = false): Float64Array {
    const [count] = this.tensor.shape
    const k = indices.length
    const read = this.read(() => {
      const taken = gather(this.tensor, tensor1d(indices, 'int32'), 1)
      return (turned ? transpose(taken) : taken) as Tensor2D
    })
    const [ofRow, ofColumn] = turned ? [1, count] : [k, 1]
    for (let i = 0; i < count; i++) {
      if (this.goneRows[i] === 1) for (let j = 0; j < k; j++) read[i * ofRow + j * ofColumn] = 0
    }
    indices.forEach((column, j) => {
      if (this.goneColumns[column] === 1) for (let i = 0; i < count; i++) read[i * ofRow + j * ofColumn] = 0
    })
    return read
  }

  /** Rows, as [rows, width]. */
  rows(indices: Int32Array): Float64Array {
    const read = this.read(() => gather(this.tensor, tensor1d(indices, 'int32')))
    this.clearGone(read, indices)
    return read
  }

  /** A times the rows from `from` to `to`, for A of n x (to - from): [n, width]. */
  times(a: Float64Array, n: number, from: number, to: number): Float64Array {
    const [count, width] = this.tensor.shape
    const k = to - from
    const factors = new Float32Array(a)
    for (let i = from; i < to; i++) {
      if (this.goneRows[i] === 1) for (let row = 0; row < n; row++) factors[row * k + i - from] = 0
    }
    const read = this.read(() => {
      const rows = k === count ? this.tensor : slice(this.tensor, [from, 0], [k, width])
      return matMul(tensor2d(factors, [n, k]), rows)
    })
    this.clearGone(read, null)
    return read
  }

  /** This -= U V, for U [count, k] and V [k, width]. */
  subtract(u: Float64Array, v: Float64Array, k: number): void {
    const [count, width] = this.tensor.shape
    const before = this.tensor
    tidy(() => {
      const product = matMul(tensor2d(new Float32Array(u), [count, k]), tensor2d(new Float32Array(v), [k, width]))
      this.tensor = keep(sub(before, product))
    })
    before.dispose()
  }

  clearColumns(indices: Int32Array): void {
    for (const column of indices) this.goneColumns[column] = 1
  }

  clearRow(index: number): void {
    this.goneRows[index] = 1
  }

  /** What is left with these rows and columns alone; this one is disposed. */
  reduced(rows: Int32Array, columns: Int32Array): BackendMatrix {
    const left = tidy(() =>
      keep(gather(gather(this.tensor, tensor1d(rows, 'int32')), tensor1d(columns, 'int32'), 1)),
    ) as Tensor2D
    const result = new BackendMatrix(left)
    rows.forEach((row, i) => {
      result.goneRows[i] = this.goneRows[row] as number
    })
    columns.forEach((column, j) => {
      result.goneColumns[j] = this.goneColumns[column] as number
    })
    this.dispose()
    return result
  }

  values(): Float64Array {
    const [count] = this.tensor.shape
    const read = this.read(() => this.tensor)
    this.clearGone(
      read,
      Int32Array.from({ length: count }, (_, i) => i),
    )
    return read
  }

  dispose(): void {
    this.tensor.dispose()
  }

  /** @param rows whose each row of `read` is; null where they are of no row. */
  private clearGone(read: Float64Array, rows: Int32Array | null): void {
    const [, width] = this.tensor.shape
    rows?.forEach((row, i) => {
      if (this.goneRows[row] === 1) read.fill(0, i * width, (i + 1) * width)
    })
    this.goneColumns.forEach((gone, column) => {
      if (gone === 1) for (let at = column; at < read.length; at += width) read[at] = 0
    })
  }

  /** Nothing leaves the scope but numbers: tidy would look for tensors among them. */
  private read(make: () => Tensor2D | ReturnType<typeof gather>): Float64Array {
    let values = new Float64Array()
    tidy(() => {
      values = Float64Array.from(make().dataSync())
    })
    return values
  }
}
