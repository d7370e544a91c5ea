/** What is said of the measured cells: means, spreads, a paired bootstrap over samples and rank correlation. */
import { generator } from '../lib/random.mjs'

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

export const deviation = (values) =>
  values.length < 2
    ? null
    : Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1))

/** Which samples were named rightly, from the bits that a cell holds: 1 or 0 each. */
export function rightOf({ right, samples }) {
  const bits = Buffer.from(right, 'base64')
  return Uint8Array.from({ length: samples }, (_, i) => (bits[i >> 3] >> (i & 7)) & 1)
}

/**
 * Paired bootstrap over test samples: points that the first cells are ahead of the second, seed by seed on the same
 * samples, the mean over the seeds; 95 % percentile interval, and the share of resamples that are not above 0.
 * @param pairs [cell, cell] of one seed each, all on the same test split
 */
export function pairedBootstrap(pairs, resamples = 2000) {
  const random = generator(1)
  const { samples } = pairs[0][0]
  const ahead = new Float64Array(samples)
  for (const [a, b] of pairs) {
    const [first, second] = [rightOf(a), rightOf(b)]
    for (let i = 0; i < samples; i++) ahead[i] += (100 * (first[i] - second[i])) / pairs.length
  }
  // Most samples are named alike by both, so that the few distinct differences are drawn by their counts.
  const moved = ahead.filter((value) => value !== 0)
  const share = moved.length / samples
  const means = Array.from({ length: resamples }, () => {
    const drawn = binomial(samples, share, random)
    let sum = 0
    for (let i = 0; i < drawn; i++) sum += moved[Math.floor(random() * moved.length)]
    return sum / samples
  }).sort((a, b) => a - b)
  return {
    mean: mean(ahead),
    low: means[Math.floor(0.025 * resamples)],
    high: means[Math.ceil(0.975 * resamples) - 1],
    notAbove: means.filter((value) => value <= 0).length / resamples,
  }
}

/** A draw of how many of n trials succeed, by the normal approximation where it is good and trial by trial elsewhere. */
function binomial(n, p, random) {
  if (n * p * (1 - p) > 25) {
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
    return Math.min(n, Math.max(0, Math.round(n * p + normal * Math.sqrt(n * p * (1 - p)))))
  }
  let count = 0
  for (let i = 0; i < n; i++) if (random() < p) count++
  return count
}

function ranks(values) {
  const order = values.map((_, i) => i).sort((a, b) => values[a] - values[b])
  const result = new Array(values.length)
  for (let i = 0; i < order.length; ) {
    let j = i
    while (j < order.length && values[order[j]] === values[order[i]]) j++
    for (let k = i; k < j; k++) result[order[k]] = (i + j - 1) / 2
    i = j
  }
  return result
}

function correlation(a, b) {
  const [ma, mb] = [mean(a), mean(b)]
  const cross = a.reduce((sum, value, i) => sum + (value - ma) * (b[i] - mb), 0)
  const spread = (values, m) => Math.sqrt(values.reduce((sum, value) => sum + (value - m) ** 2, 0))
  return cross / (spread(a, ma) * spread(b, mb))
}

/** Predicted against measured change between checkpoints: Spearman's rank correlation, and measured over predicted. */
export function prediction(checkpoints) {
  if (checkpoints.length < 3) return null
  const steps = (key) => checkpoints.map((point, i) => point[key] - (i === 0 ? 0 : checkpoints[i - 1][key]))
  const predicted = steps('predicted')
  const measured = steps('measured')
  const cross = predicted.reduce((sum, value, i) => sum + value * measured[i], 0)
  const square = predicted.reduce((sum, value) => sum + value * value, 0)
  return { points: checkpoints.length, rank: correlation(ranks(predicted), ranks(measured)), slope: cross / square }
}
