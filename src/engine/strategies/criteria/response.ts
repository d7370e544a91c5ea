/** NISP's scores of every unit: infinite feature selection on the final responses, then propagation by |W|. */
import type { Coupling, Layer } from '../../coupling'
import type { Graph } from '../../graph/graph'
import { readWeights, type Statistics, shapeOfLayer } from '../../statistics'
import { inverse } from '../../statistics/linear-algebra'

/** Weight of spread against independence between two features (alpha of Inf-FS). */
const mixture = 0.5
/** Share of 1 / spectral radius by which longer paths count less. */
const decay = 0.9

/**
 * Energy of each feature over paths of all lengths: the row sums of (I - r A)^-1 - I, with
 * A_ij = alpha max(s_i, s_j) + (1 - alpha)(1 - |c_ij|), s the standard deviations less the least, over the largest of
 * what is left, as in the authors' code; c the correlations (of values, where the paper takes ranks).
 * @param moments E[[z;1][z;1]^T], n + 1 rows.
 */
export function infiniteSelection(moments: Float64Array, n: number): Float64Array {
  const size = n + 1
  const mean = (i: number) => moments[i * size + n] as number
  const covariance = (i: number, j: number) => (moments[i * size + j] as number) - mean(i) * mean(j)
  const spread = Float64Array.from({ length: n }, (_, i) => Math.sqrt(Math.max(0, covariance(i, i))))
  const largest = spread.reduce((a, b) => Math.max(a, b), 0)
  if (largest === 0) return new Float64Array(n)
  const least = spread.reduce((a, b) => Math.min(a, b), largest)
  const range = largest - least || 1
  const a = new Float64Array(n * n)
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const scale = (spread[i] as number) * (spread[j] as number)
      const correlation = scale > 0 ? Math.min(1, Math.abs(covariance(i, j)) / scale) : 0
      a[i * n + j] =
        (mixture * (Math.max(spread[i] as number, spread[j] as number) - least)) / range +
        (1 - mixture) * (1 - correlation)
    }
  }
  const radius = spectralRadius(a, n)
  // Features that are all one and the same.
  if (radius === 0) return new Float64Array(n)
  const r = decay / radius
  const paths = inverse(
    a.map((value, at) => (at % (n + 1) === 0 ? 1 : 0) - r * value),
    n,
  )
  return Float64Array.from({ length: n }, (_, i) => {
    let sum = -1
    for (let j = 0; j < n; j++) sum += paths[i * n + j] as number
    return sum
  })
}

/** Largest eigenvalue of a symmetric matrix without negative entries, by power iteration. */
function spectralRadius(a: Float64Array, n: number): number {
  let v = new Float64Array(n).fill(1 / Math.sqrt(n))
  let radius = 0
  for (let step = 0; step < 1000; step++) {
    const next = new Float64Array(n)
    for (let i = 0; i < n; i++)
      for (let j = 0; j < n; j++) next[i] = (next[i] as number) + (a[i * n + j] as number) * (v[j] as number)
    const norm = Math.sqrt(next.reduce((sum, value) => sum + value * value, 0))
    if (Math.abs(norm - radius) <= 1e-12 * norm) return norm
    radius = norm
    v = next.map((value) => value / norm)
  }
  return radius
}

/**
 * Importance by unit id: final responses are what the last linear operator reads; every other unit gets
 * the sum over its readers of |W|^T s (equation 8), operators in reverse order, so that residual streams collect what
 * all later readers say. Null where the last operator reads no unit.
 */
export function responseImportance(graph: Graph, coupling: Coupling, statistics: Statistics): Float64Array | null {
  const last = coupling.layers.at(-1)
  const observed = last && statistics.layers.get(last.node.name)
  const block = observed?.blocks[0]
  if (!last || !observed || !block) return null
  const scores = new Float64Array(coupling.units + 1)
  const { taps } = shapeOfLayer(graph, last)
  // Where samples are too few for all columns, a channel at single positions is a feature.
  const each = block.mode === 'channel' ? observed.taps : 1
  infiniteSelection(block.moments, block.rows - 1).forEach((score, feature) => {
    const unit = last.inputUnits[Math.floor((feature * each) / taps)] as number
    if (unit !== 0) scores[unit] = (scores[unit] as number) + score
  })
  for (const layer of coupling.layers.slice(0, -1).reverse()) {
    if (layer.kind !== 'depthwise') propagate(graph, layer, scores)
  }
  return scores
}

function propagate(graph: Graph, layer: Layer, scores: Float64Array): void {
  const { outputs, columns, channels, taps } = shapeOfLayer(graph, layer)
  const known = Array.from(layer.outputUnits).filter((unit) => unit !== 0)
  // What cannot go has no score of its own: it counts as much as the others do in the mean.
  const mean = known.length > 0 ? known.reduce((sum, unit) => sum + (scores[unit] as number), 0) / known.length : 1
  // A layer may read the very units it makes: nothing is added before all of it is summed.
  const added = new Map<number, number>()
  readWeights(graph, layer).forEach((weights, block) => {
    for (let c = 0; c < channels; c++) {
      const unit = layer.inputUnits[block * channels + c] as number
      if (unit === 0) continue
      let sum = 0
      for (let o = 0; o < outputs; o++) {
        const output = layer.outputUnits[block * outputs + o] as number
        const importance = output === 0 ? mean : (scores[output] as number)
        for (let t = 0; t < taps; t++) sum += Math.abs(weights[o * (columns + 1) + c * taps + t] as number) * importance
      }
      added.set(unit, (added.get(unit) ?? 0) + sum)
    }
  })
  for (const [unit, sum] of added) scores[unit] = (scores[unit] as number) + sum
}
