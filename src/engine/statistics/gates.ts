/** Per-unit sums over feature maps: activations as linear operators read them, and gates on them. */
import type { Layer } from '../coupling/index'
import { abs, cast, equal, gather, mul, reshape, square, sum, type Tensor, tensor1d } from '../runtime/tensors'
import type { LiveValue } from '../runtime/types'
import type { RowPlaces } from './places'
import { asRows } from './rows'
import type { UnitStatistics } from './types'

/** A value that linear operators read, and the unit of each of its channels. */
export interface ReadValue {
  readonly value: string
  readonly units: Int32Array
  readonly channelAxis: 1 | -1
  /** A value that linear operators read: the first of them. */
  readonly reader: Layer
}

/** Activation x gradient of some channels, [rows, channels]; `samples` the sample of each row, null where rows are samples. */
export interface GateProducts {
  readonly units: Int32Array
  readonly product: Tensor
  readonly samples: Int32Array | null
}

/** The products of a value that is read. Runs inside a tidy scope. */
export function gateProducts(
  read: ReadValue,
  live: LiveValue,
  gradient: LiveValue,
  places: RowPlaces | null,
): GateProducts {
  const product = mul(asRows(live, read.channelAxis), asRows(gradient, read.channelAxis))
  if (!places) return { units: read.units, product: sum(product, 1), samples: null }
  return { units: read.units, product: reshape(product, [-1, product.shape[2] as number]), samples: places.samples }
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

  /** Adds one batch of one value. Runs inside a tidy scope. @param counting rows that count; null: all */
  addActivation(read: ReadValue, live: LiveValue, counting: Int32Array | null = null): void {
    const all = asRows(live, read.channelAxis)
    const flat = reshape(all, [-1, all.shape[2] as number])
    const rows = counting ? gather(flat, tensor1d(counting, 'int32')) : flat
    const elements = rows.shape[0] as number
    const add = (to: Float64Array, channels: ArrayLike<number>) => {
      read.units.forEach((unit, c) => {
        if (unit !== 0) to[unit] = (to[unit] as number) + (channels[c] as number)
      })
    }
    add(this.count, new Float64Array(read.units.length).fill(elements))
    if (!this.activations) return
    add(this.activations.sum, sum(rows, 0).dataSync())
    add(this.activations.sumOfAbsolutes, sum(abs(rows), 0).dataSync())
    add(this.activations.sumOfSquares, sum(square(rows), 0).dataSync())
    add(this.activations.zeros, sum(cast(equal(rows, 0), 'float32'), 0).dataSync())
  }

  /** Adds one batch: d = sum of activation x gradient over everything that belongs to a unit, sample by sample. */
  addGates(batch: readonly GateProducts[], samples: number): void {
    if (!this.gate) return
    const d = new Float64Array(samples * (this.units + 1))
    for (const { units, product, samples: places } of batch) {
      const [n, channels] = product.shape as [number, number]
      const values = product.dataSync()
      for (let row = 0; row < n; row++) {
        const base = (places ? (places[row] as number) : row) * (this.units + 1)
        for (let c = 0; c < channels; c++) {
          const at = base + (units[c] as number)
          d[at] = (d[at] as number) + (values[row * channels + c] as number)
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

  /** Adds what another one has summed. */
  put({ count, activations, gate }: UnitStatistics): void {
    const add = (to: Float64Array, from: Float64Array) => {
      for (let i = 0; i < to.length; i++) to[i] = (to[i] as number) + (from[i] as number)
    }
    add(this.count, count)
    if (this.activations && activations) {
      add(this.activations.sum, activations.sum)
      add(this.activations.sumOfAbsolutes, activations.sumOfAbsolutes)
      add(this.activations.sumOfSquares, activations.sumOfSquares)
      add(this.activations.zeros, activations.zeros)
    }
    if (this.gate && gate) {
      add(this.gate.sum, gate.sum)
      add(this.gate.sumOfAbsolutes, gate.sumOfAbsolutes)
      add(this.gate.sumOfSquares, gate.sumOfSquares)
    }
  }

  finish(): UnitStatistics {
    return { count: this.count, activations: this.activations, gate: this.gate }
  }
}
