/** What can be refused before a run is queued, so that nobody waits for an error that was certain. */
import type { Dataset, Inspection, Model } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import type { RunConfig } from '../../contract/run'
import { say } from '../../contract/sentences'

const shapeText = (shape: readonly (number | string)[]): string => shape.join(' × ')

/** @throws NOT_BUILT_YET naming what a later version will have */
export function requireBuilt({ backend }: RunConfig): void {
  const missing = backend === 'cuda' || backend === 'webgpu' ? `The ${backend} backend` : null
  if (missing) {
    throw new EspalierError('NOT_BUILT_YET', `${missing} is not built yet in this version. Choose another setting.`)
  }
}

const elements = (shape: readonly number[]): number => shape.reduce((product, extent) => product * extent, 1)

/**
 * Refuses what no order of axes can make fit; the engine itself decides the rest.
 * @throws SHAPE_MISMATCH
 */
export function requireSameShape(model: Model, { inputs }: Inspection, dataset: Dataset): void {
  const expected = inputs.length === 1 ? inputs[0]?.shape.slice(1) : undefined
  // Pictures in folders are brought to the network's size.
  if (!expected || expected.length === 0 || dataset.kind === 'image-folder') return
  const extents = expected.filter((extent): extent is number => typeof extent === 'number')
  if (extents.length < expected.length || elements(extents) === elements(dataset.sampleShape)) return
  throw new EspalierError(
    'SHAPE_MISMATCH',
    say('error.data-shape', {
      model: model.name,
      wanted: shapeText(expected),
      dataset: dataset.name,
      found: shapeText(dataset.sampleShape),
    }),
  )
}
