/** More samples out of few: the original answers for mixtures as well as for samples. */
import type { RandomStream } from '../data/rng'
import type { Batch } from '../data/types'

/**
 * Each sample mixed with another one of the batch; what the original says of that is known without labels. Numbers are
 * averaged, (1 - m) x + m x', m uniform in [0, 1/2) (mixup, Zhang et al., ICLR 2018; with a teacher's answers: Beyer et
 * al., CVPR 2022). Tokens cannot be: each place of the text comes from the other with probability m, in all inputs that
 * go along the text, so that masks and segments stay those of their tokens.
 */
export function mixed(batch: Batch, random: RandomStream): Batch['inputs'] {
  const partners = Int32Array.from({ length: batch.count }, () => random.integer(batch.count))
  const shares = Float32Array.from({ length: batch.count }, () => random() / 2)
  const numbers = [...batch.inputs.values()].every(({ data }) => data instanceof Float32Array)
  return numbers ? averaged(batch, partners, shares) : exchanged(batch, partners, shares, random)
}

function averaged(batch: Batch, partners: Int32Array, shares: Float32Array): Batch['inputs'] {
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

function exchanged(batch: Batch, partners: Int32Array, shares: Float32Array, random: RandomStream): Batch['inputs'] {
  const tokens = [...batch.inputs.values()].find(({ dims, data }) => !(data instanceof Float32Array) && dims.length > 1)
  if (!tokens) return batch.inputs
  const places = tokens.dims[1] as number
  const taken = Uint8Array.from({ length: batch.count * places }, (_, at) =>
    Number(random() < (shares[Math.floor(at / places)] as number)),
  )
  return new Map(
    [...batch.inputs].map(([name, { dims, data }]) => {
      // What goes along no text belongs to the sample.
      if (dims.length < 2 || dims[1] !== places) return [name, { dims, data }] as const
      const result = data.slice()
      const width = data.length / (batch.count * places)
      for (let at = 0; at < taken.length; at++) {
        if (taken[at] !== 1) continue
        const from = (partners[Math.floor(at / places)] as number) * places + (at % places)
        result.set(data.subarray(from * width, (from + 1) * width), at * width)
      }
      return [name, { dims, data: result }] as const
    }),
  )
}
