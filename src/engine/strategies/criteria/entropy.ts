/** Entropy of a unit's pooled feature map over the samples: what hardly varies tells little. */
import { meanOverMaps } from './feature-maps'
import { registerCriterion } from './registry'
import type { UnitMaps } from './types'

/** Bins between a channel's least and largest pooled activation. */
const bins = 100

/** H = -sum p log p of the histogram of each channel's global average over the samples. */
function entropies({ data, samples, channels, positions }: UnitMaps): Float64Array {
  return Float64Array.from({ length: channels }, (_, channel) => {
    const pooled = Float64Array.from({ length: samples }, (_, sample) => {
      const start = (sample * channels + channel) * positions
      let sum = 0
      for (let i = start; i < start + positions; i++) sum += data[i] as number
      return sum / positions
    })
    const low = pooled.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY)
    const high = pooled.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY)
    if (high === low) return 0
    const counts = new Float64Array(bins)
    for (const value of pooled) {
      const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins))
      counts[bin] = (counts[bin] as number) + 1
    }
    return counts.reduce((sum, count) => (count > 0 ? sum - (count / samples) * Math.log(count / samples) : sum), 0)
  })
}

registerCriterion({
  name: 'entropy',
  title: 'Feature-map entropy',
  summary: 'Removes the units whose pooled feature maps have the least entropy over the calibration data.',
  paper: 'Luo and Wu, An Entropy-based Pruning Method for CNN Compression, 2017 (arXiv:1706.05791)',
  needsData: true,
  needsGradients: false,
  needs: ['maps'],
  mapSamples: 512,
  score: ({ statistics, units }) => meanOverMaps(statistics.maps, units, entropies),
})
