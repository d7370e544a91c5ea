/** What is said of the measured cells: means, spreads, a paired bootstrap and rank correlation. */

export const mean = (values) => values.reduce((sum, value) => sum + value, 0) / values.length

export const deviation = (values) =>
  values.length < 2
    ? null
    : Math.sqrt(values.reduce((sum, value) => sum + (value - mean(values)) ** 2, 0) / (values.length - 1))

/** A small generator (mulberry32), so that the page is the same every time. */
function generator(seed) {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/**
 * Bootstrap over pairs: mean difference, its 95 % percentile interval, and the share of resamples that are not above 0.
 * @param differences one number a (network, seed) pair
 */
export function pairedBootstrap(differences, resamples = 10000) {
  const random = generator(1)
  const means = Array.from({ length: resamples }, () => {
    let sum = 0
    for (let i = 0; i < differences.length; i++) sum += differences[Math.floor(random() * differences.length)]
    return sum / differences.length
  }).sort((a, b) => a - b)
  return {
    mean: mean(differences),
    low: means[Math.floor(0.025 * resamples)],
    high: means[Math.ceil(0.975 * resamples) - 1],
    notAbove: means.filter((value) => value <= 0).length / resamples,
  }
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
