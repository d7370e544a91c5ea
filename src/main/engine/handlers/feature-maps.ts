/** The feature maps a screen shows, made small enough to be sent. */
import { fitToNetwork } from '../../../engine/data'
import { featureMaps as compute } from '../../../engine/pipeline'
import { startBackend } from '../backend'
import type { JobHandlers } from '../serve'
import { openLocation } from './data-files'
import { averaged, base64 } from './maps'
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
