/** Per-unit sums over feature maps: activations as linear operators read them, and gates on them. */
import { abs, cast, equal, mul, square, sum } from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import { asRows } from './rows'
import type { UnitStatistics } from './types'

/** A value that linear operators read, and the unit of each of its channels. */
export interface ReadValue {
  readonly value: string
  readonly units: Int32Array
  readonly channelAxis: 1 | -1
}

export class UnitSums {
  private readonly count: Float64Array
  private readonly activations: NonNullable<UnitStatistics['activations']> | null
  private readonly gate: NonNullable<UnitStatistics['gate']> | null

  constructor(
    private readonly units: number,
    activations: boolean,
    gate: boolean,
  ) {
    const zeros = () => new Float64Array(units + 1)
    this.count = zeros()
    this.activations = activations
      ? { sum: zeros(), sumOfAbsolutes: zeros(), sumOfSquares: zeros(), zeros: zeros() }
      : null
    this.gate = gate ? { sum: zeros(), sumOfAbsolutes: zeros(), sumOfSquares: zeros() } : null
  }

  /** Adds one batch of one value. Runs inside a tidy scope. */
  addActivation(read: ReadValue, live: LiveValue): void {
    const rows = asRows(live, read.channelAxis)
    const elements = (rows.shape[0] as number) * (rows.shape[1] as number)
    const add = (to: Float64Array, channels: ArrayLike<number>) => {
      read.units.forEach((unit, c) => {
        if (unit !== 0) to[unit] = (to[unit] as number) + (channels[c] as number)
      })
    }
    add(this.count, new Float64Array(read.units.length).fill(elements))
    if (!this.activations) return
    add(this.activations.sum, sum(rows, [0, 1]).dataSync())
    add(this.activations.sumOfAbsolutes, sum(abs(rows), [0, 1]).dataSync())
    add(this.activations.sumOfSquares, sum(square(rows), [0, 1]).dataSync())
    add(this.activations.zeros, sum(cast(equal(rows, 0), 'float32'), [0, 1]).dataSync())
  }

  /** Adds one batch: d = sum of activation x gradient over everything that belongs to a unit, sample by sample. */
  addGates(
    batch: readonly { readonly read: ReadValue; readonly live: LiveValue; readonly gradient: LiveValue }[],
  ): void {
    if (!this.gate || batch.length === 0) return
    let samples = 0
    let d = new Float64Array(0)
    for (const { read, live, gradient } of batch) {
      const product = sum(mul(asRows(live, read.channelAxis), asRows(gradient, read.channelAxis)), 1)
      const [n, channels] = product.shape as [number, number]
      if (samples === 0) {
        samples = n
        d = new Float64Array(n * (this.units + 1))
      }
      const values = product.dataSync()
      for (let s = 0; s < n; s++) {
        for (let c = 0; c < channels; c++) {
          const at = s * (this.units + 1) + (read.units[c] as number)
          d[at] = (d[at] as number) + (values[s * channels + c] as number)
        }
      }
    }
    for (let s = 0; s < samples; s++) {
      for (let unit = 1; unit <= this.units; unit++) {
        const value = d[s * (this.units + 1) + unit] as number
        this.gate.sum[unit] = (this.gate.sum[unit] as number) + value
        this.gate.sumOfAbsolutes[unit] = (this.gate.sumOfAbsolutes[unit] as number) + Math.abs(value)
        this.gate.sumOfSquares[unit] = (this.gate.sumOfSquares[unit] as number) + value * value
      }
    }
  }

  finish(): UnitStatistics {
    return { count: this.count, activations: this.activations, gate: this.gate }
  }
}
