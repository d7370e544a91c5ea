/** Statistics of feature maps and of the result's sensitivity, shared by every data-driven strategy. */

export { uniformRun } from './layer-observer'
export {
  isObservable,
  isRefittable,
  type LinearShape,
  readWeights,
  shapeOfLayer,
  writeWeights,
} from './linear-layer'
export { type ObserveHooks, observe } from './observe'
export { observationPiece, pricedLayers } from './part'
export { isRecurrent, type RecurrentLayer, recurrentLayers } from './recurrent-layer'
export * from './types'
