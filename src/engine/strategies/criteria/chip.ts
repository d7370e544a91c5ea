/** Channel independence: how much of the nuclear norm of a layer's feature maps is lost with a channel. */
import { meanOverMaps, nuclearNorm, smallGram } from './feature-maps'
import { registerCriterion } from './registry'
import type { UnitMaps } from './types'

/** |A|_* - |A without row i|_* of the channels x positions matrix A of every sample, mean over samples. */
function independence({ data, samples, channels, positions }: UnitMaps): Float64Array {
  const result = new Float64Array(channels)
  for (let sample = 0; sample < samples; sample++) {
    const start = sample * channels * positions
    const a = Float64Array.from(data.subarray(start, start + channels * positions))
    const { gram, size } = smallGram(a, channels, positions)
    const whole = nuclearNorm(gram, size)
    for (let channel = 0; channel < channels; channel++) {
      const reduced = gram.slice()
      if (channels <= positions) {
        for (let i = 0; i < size; i++) {
          reduced[i * size + channel] = 0
          reduced[channel * size + i] = 0
        }
      } else {
        const row = a.subarray(channel * positions, (channel + 1) * positions)
        for (let i = 0; i < size; i++) {
          for (let j = 0; j < size; j++) {
            reduced[i * size + j] = (reduced[i * size + j] as number) - (row[i] as number) * (row[j] as number)
          }
        }
      }
      result[channel] = (result[channel] as number) + (whole - nuclearNorm(reduced, size)) / samples
    }
  }
  return result
}

registerCriterion({
  name: 'chip',
  title: 'CHIP',
  summary: 'Removes the units whose feature maps the other channels of the layer express best.',
  paper: 'Sui et al., CHIP: CHannel Independence-based Pruning, NeurIPS 2021 (arXiv:2110.13981)',
  needsData: true,
  needsGradients: false,
  needs: ['maps'],
  mapSamples: 16,
  score: ({ statistics, units }) => meanOverMaps(statistics.maps, units, independence),
})
