/** More samples out of few: the original answers for mixtures as well as for samples. */
import type { RandomStream } from '../data/rng'
import type { Batch } from '../data/types'

/**
 * Each sample mixed with another one of the batch, (1 - m) x + m x', m uniform in [0, 1/2): what the original says there
 * is known without labels (mixup, Zhang et al., ICLR 2018; with a teacher's answers: Beyer et al., CVPR 2022). Inputs
 * that are no real numbers (tokens) cannot be mixed, and then nothing is.
 */
export function mixed(batch: Batch, random: RandomStream): Batch['inputs'] {
  if ([...batch.inputs.values()].some(({ data }) => !(data instanceof Float32Array))) return batch.inputs
  const partners = Int32Array.from({ length: batch.count }, () => random.integer(batch.count))
  const shares = Float32Array.from({ length: batch.count }, () => random() / 2)
  return new Map(
    [...batch.inputs].map(([name, { dims, data }]) => {
      const size = data.length / batch.count
      const result = new Float32Array(data.length)
      for (let i = 0; i < batch.count; i++) {
        const share = shares[i] as number
        const own = i * size
        const other = (partners[i] as number) * size
        for (let k = 0; k < size; k++) {
          result[own + k] = (1 - share) * (data[own + k] as number) + share * (data[other + k] as number)
        }
      }
      return [name, { dims, data: result }] as const
    }),
  )
}
