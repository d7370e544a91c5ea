/** What channels that stay say about channels that went: least squares from second moments, and how much it explains. */
import { cholesky, solveRows } from './linear-algebra'

/** Sums over rows of a channel vector x and of x x^T. */
export interface ChannelMoments {
  readonly channels: number
  readonly rows: number
  readonly sum: Float64Array
  /** Square in the channels, row-major. */
  readonly products: Float64Array
}

export interface Prediction {
  readonly target: number
  /** x_target is about intercept + sum of coefficients[i] x_predictors[i]. */
  readonly intercept: number
  readonly coefficients: Float64Array
  /** Share of the target's variance (at most 1, negative where worse than the mean); null where the target is constant. */
  readonly explained: number | null
  /** Each predictor's part of the variance explained on the rows it was fitted to (Pratt 1987); they sum to that share. */
  readonly parts: Float64Array
}

const ridge = 1e-3
/** Variance below this share of the mean square of the channel counts as none. */
const constant = 1e-9

/** Covariance of channels i and j. */
const covariance = ({ channels, rows, sum, products }: ChannelMoments, i: number, j: number): number =>
  (products[i * channels + j] as number) / rows - ((sum[i] as number) / rows) * ((sum[j] as number) / rows)

const varies = (moments: ChannelMoments, i: number): boolean => {
  const square = (moments.products[i * moments.channels + i] as number) / moments.rows
  return covariance(moments, i, i) > constant * square
}

/**
 * Least squares of each target on the predictors, with a ridge of 1e-3 of the predictors' mean variance and a free
 * intercept.
 * @param fitted moments of the rows the coefficients are fitted to
 * @param heldOut moments of other rows, on which `explained` is taken
 */
export function predictChannels(
  fitted: ChannelMoments,
  heldOut: ChannelMoments,
  predictors: readonly number[],
  targets: readonly number[],
): Prediction[] {
  const n = predictors.length
  const matrix = new Float64Array(n * n)
  let trace = 0
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      matrix[i * n + j] = covariance(fitted, predictors[i] as number, predictors[j] as number)
    }
    trace += matrix[i * n + i] as number
  }
  const solvable = n > 0 && trace > 0
  const across = new Float64Array(targets.length * n)
  targets.forEach((target, t) => {
    for (let i = 0; i < n; i++) across[t * n + i] = covariance(fitted, target, predictors[i] as number)
  })
  const solution = solvable ? Float64Array.from(across) : new Float64Array(across.length)
  if (solvable) {
    for (let i = 0; i < n; i++) matrix[i * n + i] = (matrix[i * n + i] as number) + (ridge * trace) / n
    cholesky(matrix, n)
    solveRows(matrix, n, solution, targets.length)
  }
  return targets.map((target, t) => {
    const coefficients = solution.slice(t * n, (t + 1) * n)
    let intercept = (fitted.sum[target] as number) / fitted.rows
    predictors.forEach((channel, i) => {
      intercept -= ((coefficients[i] as number) * (fitted.sum[channel] as number)) / fitted.rows
    })
    const own = covariance(fitted, target, target)
    const parts = coefficients.map((value, i) =>
      varies(fitted, target) ? (value * (across[t * n + i] as number)) / own : 0,
    )
    return {
      target,
      intercept,
      coefficients,
      explained: varies(heldOut, target)
        ? 1 -
          meanSquaredError(heldOut, predictors, target, coefficients, intercept) / covariance(heldOut, target, target)
        : null,
      parts,
    }
  })
}

/** Mean of (x_target - intercept - c . x)^2 from moments alone. */
function meanSquaredError(
  moments: ChannelMoments,
  predictors: readonly number[],
  target: number,
  coefficients: Float64Array,
  intercept: number,
): number {
  const { rows, sum } = moments
  const mean = (i: number) => (sum[i] as number) / rows
  let bias = mean(target) - intercept
  let spread = covariance(moments, target, target)
  for (let i = 0; i < predictors.length; i++) {
    const a = predictors[i] as number
    const ca = coefficients[i] as number
    bias -= ca * mean(a)
    let inner = 0
    for (let j = 0; j < predictors.length; j++) {
      inner += (coefficients[j] as number) * covariance(moments, a, predictors[j] as number)
    }
    spread += ca * (inner - 2 * covariance(moments, target, a))
  }
  return Math.max(0, spread) + bias * bias
}
