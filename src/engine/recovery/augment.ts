/** Changed copies of training images: mirrored, moved. What a class looks like from a little elsewhere. */
import { EspalierError } from '../../contract/errors'
import type { augmentations } from '../../contract/run'
import type { Batch } from '../data/types'

export type Augmentation = (typeof augmentations)[number]

/** An image is moved by at most this share of its extents. */
const FARTHEST = 1 / 8

type Inputs = Batch['inputs']
type Input = Inputs extends ReadonlyMap<string, infer T> ? T : never

/**
 * A copy of the batch in which every image is mirrored left to right half of the time (`flip`) and moved by up to an
 * eighth of its extents, its border repeated (`shift`). All inputs of a sample that are images change alike.
 * @param random two numbers or three a sample.
 * @throws BAD_USAGE where no input holds images
 */
export function augmented(batch: Batch, kinds: readonly Augmentation[], random: () => number): Batch {
  if (kinds.length === 0) return batch
  const images = [...batch.inputs].filter(([, { dims, data }]) => dims.length === 4 && data instanceof Float32Array)
  if (images.length === 0) {
    throw new EspalierError(
      'BAD_USAGE',
      'Augmentation mirrors and moves images, but none of the inputs holds any. Leave --finetune-augment out for this data.',
    )
  }
  const inputs = new Map(batch.inputs)
  for (const [name, input] of images) inputs.set(name, { ...input, data: new Float32Array(input.data.length) })
  for (let n = 0; n < batch.count; n++) {
    const mirrored = kinds.includes('flip') && random() < 0.5
    const moves = kinds.includes('shift') ? [2 * random() - 1, 2 * random() - 1] : [0, 0]
    for (const [name, input] of images) {
      copyImage(input, inputs.get(name) as Input, n, mirrored, moves as [number, number])
    }
  }
  return { ...batch, inputs }
}

function copyImage(
  { dims, data }: Input,
  to: Input,
  sample: number,
  mirrored: boolean,
  [down, right]: readonly [number, number],
): void {
  const [, channels, height, width] = dims as [number, number, number, number]
  const rows = Math.round(down * FARTHEST * height)
  const columns = Math.round(right * FARTHEST * width)
  const within = (at: number, extent: number) => Math.min(extent - 1, Math.max(0, at))
  for (let c = 0; c < channels; c++) {
    const plane = (sample * channels + c) * height * width
    for (let y = 0; y < height; y++) {
      const from = plane + within(y + rows, height) * width
      for (let x = 0; x < width; x++) {
        const seen = within(x + columns, width)
        to.data[plane + y * width + x] = data[from + (mirrored ? width - 1 - seen : seen)] as number
      }
    }
  }
}
