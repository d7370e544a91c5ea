/** What one observing pass collects for the data-driven strategies, and what it is asked for. */
import type { Layer } from '../coupling'
import type { RecurrentBlock } from './recurrent-layer'

/**
 * What a strategy needs; everything else is neither computed nor held. Several strategies may be served by one pass:
 * see `mergeRequests`.
 */
export interface StatisticsRequest {
  /** Second moments A of every consumer's row vector. */
  readonly moments: boolean
  /** Sensitivity G of the result at every consumer's output, in the metric of the logits. */
  readonly sensitivity: boolean
  /** Second pass: position coupling kappa of every consumer and the inter-layer correlation. Needs the two above. */
  readonly propagation: boolean
  /** Sums, absolute sums, squares and zero counts of the units' feature maps, as linear operators read them. */
  readonly activations: boolean
  /** First-order (Taylor) and second-order (Fisher) effect of a gate on the units' feature maps. */
  readonly gradients: boolean
  /** Result the gradients are taken of: cross-entropy with the labels, or with labels drawn from the network. */
  readonly gradientOf?: 'labels' | 'sampled'
  /** Values whose channel maps are kept for rank, entropy and correlation criteria: at most this many samples; 0: none. */
  readonly keepMaps?: number
}

export interface ObserveOptions {
  /** What the outputs parametrise: decides how the result's sensitivity is centred. */
  readonly result: 'softmax' | 'bernoulli' | 'gaussian'
  /** The classes of a result a position are the last axis; else they follow the samples. */
  readonly classesLast?: boolean
  /** Samples a batch. */
  readonly batch: number
  readonly seed: number
  /** Positions of each feature map that enter A, drawn anew for every batch. */
  readonly positions?: number
  /** Largest A that is held outright; wider consumers are observed on channel moments. */
  readonly maxRows?: number
  /** Samples of the second pass. */
  readonly propagationSamples?: number
}

/** How the columns of one block of a consumer are arranged, and what its A is over. */
export interface BlockMoments {
  /**
   * `patch`: A is over all columns of the weight and the constant 1, in the weight's own column order.
   * `channel`: A is over channels and the constant 1, at single positions; the taps of a channel share it.
   */
  readonly mode: 'patch' | 'channel'
  /** Rows of A, the last one is the constant 1. */
  readonly rows: number
  /** `rows` squared, row-major, symmetric: E[[z;1][z;1]^T] over samples and positions. */
  readonly moments: Float64Array
  /** P = (A + ridge)^-1. */
  readonly precision: Float64Array
}

/** What is known about one linear operator that reads prunable units. */
export interface LayerStatistics {
  readonly layer: Layer
  /** A recurrent operator's blocks, which say their own rows and outputs. */
  readonly recurrent?: readonly RecurrentBlock[]
  /** Columns of each channel in the weight: kernel height times width; 1 for a dense operator. */
  readonly taps: number
  /** One for each block of a grouped convolution, one otherwise. Empty when moments were not asked for. */
  readonly blocks: readonly BlockMoments[]
  /**
   * G a block: E over samples of the sum over positions of g g^T, square in the block's output channels, row-major.
   * Empty when sensitivity was not asked for.
   */
  readonly sensitivity: readonly Float64Array[]
  /**
   * Change of the logits by removals of this operator's inputs when it is summed over positions before it is squared,
   * against the sum of squares that G is made of; 1 when propagation was not asked for.
   */
  readonly kappa: number
}

/**
 * Per-unit statistics of the feature maps that linear operators read; every array is indexed by unit id (0 unused).
 * A value that several operators read counts once; a unit that is read in several values, or that owns several
 * channels of one, gets the sum over all of them.
 */
export interface UnitStatistics {
  /** Elements that the sums of each unit run over: samples x positions x channels. */
  readonly count: Float64Array
  /** Null when activations were not asked for. */
  readonly activations: {
    readonly sum: Float64Array
    readonly sumOfAbsolutes: Float64Array
    readonly sumOfSquares: Float64Array
    /** How many elements are exactly zero. */
    readonly zeros: Float64Array
  } | null
  /** Of d(x) = sum over the unit's elements of activation x gradient, one sample. Null when gradients were not asked for. */
  readonly gate: {
    readonly sum: Float64Array
    readonly sumOfAbsolutes: Float64Array
    readonly sumOfSquares: Float64Array
  } | null
}

/** The first samples' feature maps of one value that a linear operator reads, for rank and entropy criteria. */
export interface FeatureMaps {
  readonly value: string
  /** Unit id of each channel (0: fixed). */
  readonly units: Int32Array
  readonly samples: number
  /** Spatial extents; empty behind a flatten or a global pool. */
  readonly extents: readonly number[]
  /** [samples, channels, positions], row-major. */
  readonly data: Float32Array
}

export interface Correlation {
  readonly groups: readonly string[]
  /** R_ij = |F_ij| / sqrt(|F_ii| |F_jj|), Frobenius norms, F = E[u u^T] of the result's change by each unit. */
  readonly values: readonly (readonly number[])[]
}

/** An operator without weights that adds over units which nothing else reads (see `sums.ts`). */
export interface SumStatistics {
  readonly node: string
  /** Unit of each term; 0: stays. */
  readonly units: Int32Array
  /** What every term counts for. */
  readonly weight: number
  /** A of the terms and the constant 1, and P. */
  readonly moments: Float64Array
  readonly precision: Float64Array
  /** G of the sum, one number. */
  readonly sensitivity: number
}

/** One observing pass over the calibration samples. */
export interface Statistics {
  readonly samples: number
  /** Keyed by node name; linear operators with at least one removable input unit. */
  readonly layers: ReadonlyMap<string, LayerStatistics>
  /** Empty unless moments and sensitivity were asked for. */
  readonly sums: readonly SumStatistics[]
  readonly units: UnitStatistics
  /** Empty unless `keepMaps` was asked for. */
  readonly maps: readonly FeatureMaps[]
  /**
   * KL in nats a unit of priced change: what single removals change KL by, against what they change the logits by. 1
   * unless propagation was asked for.
   */
  readonly nats: number
  /** Empty unless propagation was asked for. */
  readonly correlation: Correlation
}

export const noStatistics: StatisticsRequest = {
  moments: false,
  sensitivity: false,
  propagation: false,
  activations: false,
  gradients: false,
}

/** The request that serves both; where both want gradients, `a` says of what. */
export function mergeRequests(a: StatisticsRequest, b: StatisticsRequest): StatisticsRequest {
  const gradientOf = a.gradients ? a.gradientOf : b.gradientOf
  return {
    moments: a.moments || b.moments,
    sensitivity: a.sensitivity || b.sensitivity,
    propagation: a.propagation || b.propagation,
    activations: a.activations || b.activations,
    gradients: a.gradients || b.gradients,
    ...(gradientOf === undefined ? {} : { gradientOf }),
    keepMaps: Math.max(a.keepMaps ?? 0, b.keepMaps ?? 0),
  }
}
