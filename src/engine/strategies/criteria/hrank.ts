/** Average rank of a unit's feature maps. */
import { symmetricEigenvalues } from '../../statistics/linear-algebra'
import { meanOverMaps, smallGram } from './feature-maps'
import { registerCriterion } from './registry'
import type { UnitMaps } from './types'

/** Spacing of single precision, in which the maps are held. */
const epsilon = 2 ** -23

/** Rank of each channel's map, mean over the samples; singular values above max(h, w) epsilon sigma_1 count. */
function ranks({ data, samples, channels, positions, extents }: UnitMaps): Float64Array {
  const rows = extents[0] ?? 1
  const columns = positions / rows
  const result = new Float64Array(channels)
  for (let sample = 0; sample < samples; sample++) {
    for (let channel = 0; channel < channels; channel++) {
      const start = (sample * channels + channel) * positions
      const { gram, size } = smallGram(Float64Array.from(data.subarray(start, start + positions)), rows, columns)
      const values = symmetricEigenvalues(gram, size)
      const least = (Math.max(rows, columns) * epsilon) ** 2 * (values.at(-1) as number)
      let rank = 0
      for (const value of values) if (value > least) rank++
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
