/** The feature maps a screen shows, made small enough to be sent. */
import { fitToNetwork } from '../../../engine/data'
import { featureMaps as compute } from '../../../engine/pipeline'
import { startBackend } from '../backend'
import type { JobHandlers } from '../serve'
import { openLocation } from './data-files'
import { openModel } from './model-files'

/** Pixels of all maps of a group that are sent at most; beyond, maps are averaged down. */
const mostPixels = 1 << 20

export const featureMaps: JobHandlers['featureMaps'] = async ({ files, data, ...request }, context) => {
  const { graph } = await openModel(files)
  const source = fitToNetwork(await openLocation(data), graph)
  await startBackend(request.config.backend)
  const { maps, predicted, removed, kept, places, height, width, ...result } = await compute(graph, source, {
    ...request,
    hooks: context,
  })
  let shrunk = 1
  while (result.units * Math.ceil(height / shrunk) * Math.ceil(width / shrunk) > mostPixels) shrunk += 1
  const smaller = (all: Float32Array, count: number) => base64(averaged(all, count, height, width, shrunk))
  return {
    ...result,
    places: [...places],
    kept: [...kept],
    height: Math.ceil(height / shrunk),
    width: Math.ceil(width / shrunk),
    shrunk,
    maps: smaller(maps, result.units),
    removed: removed.map((one) => ({ ...one, from: [...one.from] })),
    predicted: smaller(predicted, removed.length),
  }
}

/** Means over squares of `by`; those at the edge are smaller. */
export function averaged(maps: Float32Array, count: number, height: number, width: number, by: number): Float32Array {
  if (by === 1) return maps
  const [rows, columns] = [Math.ceil(height / by), Math.ceil(width / by)]
  const result = new Float32Array(count * rows * columns)
  for (let map = 0; map < count; map++) {
    for (let y = 0; y < rows; y++) {
      for (let x = 0; x < columns; x++) {
        const [bottom, right] = [Math.min(height, (y + 1) * by), Math.min(width, (x + 1) * by)]
        let sum = 0
        for (let row = y * by; row < bottom; row++) {
          for (let column = x * by; column < right; column++)
            sum += maps[(map * height + row) * width + column] as number
        }
        result[(map * rows + y) * columns + x] = sum / ((bottom - y * by) * (right - x * by))
      }
    }
  }
  return result
}

/** Little-endian whatever the machine, as the contract says. */
function base64(values: Float32Array): string {
  const bytes = Buffer.alloc(values.length * 4)
  for (let i = 0; i < values.length; i++) bytes.writeFloatLE(values[i] as number, i * 4)
  return bytes.toString('base64')
}
