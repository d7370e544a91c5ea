/** Average rank of a unit's feature maps. */
import { rankCounter } from '../../statistics/linear-algebra/rank'
import { meanOverMaps } from './feature-maps'
import { registerCriterion } from './registry'
import type { UnitMaps } from './types'

/** Rank of each channel's map, mean over the samples. */
function ranks({ data, samples, channels, positions, extents }: UnitMaps): Float64Array {
  const rows = extents[0] ?? 1
  const rankAt = rankCounter(rows, positions / rows)
  const result = new Float64Array(channels)
  for (let sample = 0; sample < samples; sample++) {
    for (let channel = 0; channel < channels; channel++) {
      const rank = rankAt(data, (sample * channels + channel) * positions)
      result[channel] = (result[channel] as number) + rank / samples
    }
  }
  return result
}

registerCriterion({
  name: 'hrank',
  title: 'HRank',
  summary: 'Removes the units whose feature maps have the lowest rank in the mean over calibration samples.',
  paper: 'Lin et al., HRank: Filter Pruning using High-Rank Feature Map, CVPR 2020 (arXiv:2002.10179)',
  needsData: true,
  needsGradients: false,
  needs: ['maps'],
  mapSamples: 64,
  score: ({ statistics, units }) => meanOverMaps(statistics.maps, units, ranks),
})
