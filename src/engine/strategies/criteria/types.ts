/** What a criterion is: a pure function from a group's weights and statistics to one number a unit. */
import type { StrategyInfo } from '../../../contract/entities'
import type { Sentence } from '../../../contract/sentences'

/** Where rows lie in a weight as it is: row r is `count` runs of `length` elements, the first at `starts[r]`. */
export interface Runs {
  readonly source: Float32Array
  readonly starts: Int32Array
  readonly count: number
  /** Elements from the start of one run to that of the next. */
  readonly stride: number
  readonly length: number
}

/** The part of one weight that belongs to a group's channels, laid out one row a channel. */
export interface Slices {
  readonly node: string
  /** producer: filters that make the channels; consumer: columns that read them; scale: BatchNorm's gamma. */
  readonly role: 'producer' | 'consumer' | 'scale'
  /** Index in the group of each row's unit; a unit may own several rows (flatten, grouped convolution). */
  readonly units: Int32Array
  /** Elements a row. */
  readonly width: number
  /** units.length x width, row-major. */
  readonly rows: Float32Array
  /** The same elements where they lie, for criteria that need no copy; left out where rows are not made of runs. */
  readonly runs?: Runs
  /** Sum of squares of every row, where it is to be had without reading the row alone. */
  readonly squares?: () => Float64Array
}

/** The first samples' feature maps of one value that linear operators read. */
export interface UnitMaps {
  readonly samples: number
  readonly channels: number
  readonly positions: number
  /** Spatial extents; empty behind a flatten or a global pool. */
  readonly extents: readonly number[]
  /** Index in the group of each channel's unit; -1 for channels of other groups. */
  readonly units: Int32Array
  /** [samples, channels, positions], row-major. */
  readonly data: Float32Array
}

/** Feature-map statistics of a group's units over the calibration samples; one number a unit. */
export interface UnitStatistics {
  /** Share of exact zeros (0..1) in the unit's activation. */
  readonly zeroShare?: Float64Array
  /** Mean of the unit's activation. */
  readonly mean?: Float64Array
  /** E |d|, with d = dL/dm of one sample, m a factor (1) on every copy of the unit's feature map that is read. */
  readonly gateAbsolute?: Float64Array
  /** E d^2 of the same derivative. */
  readonly gateSquared?: Float64Array
  /** Feature maps of the group's units, one entry a value. */
  readonly maps?: readonly UnitMaps[]
  /**
   * K_cd = E[x_c . x_d], x_c the part of unit c in a reader's output, summed over outputs, mean over readers;
   * units squared, row-major.
   */
  readonly contributions?: Float64Array
  /** Importance propagated back from the final responses (NISP). */
  readonly response?: Float64Array
}

export type UnitStatistic = keyof UnitStatistics

export interface CriterionInput {
  readonly group: string
  /** Number of units. */
  readonly units: number
  readonly slices: readonly Slices[]
  readonly statistics: UnitStatistics
  /** Uniform in [0, 1), seeded by run and group. */
  readonly random: () => number
}

export interface Criterion extends StrategyInfo {
  /** Statistics it reads; empty for weights only. */
  readonly needs: readonly UnitStatistic[]
  /** Samples whose maps it looks at, where it needs maps. */
  readonly mapSamples?: number
  /** true: scores of different groups compare as they are, so global allocation does not normalise them. */
  readonly comparable?: boolean
  /** What a network lacks in which it applies to no group; default: layers that read what it looks at. */
  readonly lacking?: Sentence
  /**
   * Importance of each unit (any scale; the least goes first), or null where the criterion does not apply to the group.
   * Pure: same input, same numbers.
   */
  score(input: CriterionInput): Float64Array | null
}
