/** The engine's public face: what the shells call. */
import '../ops'

export { listStrategies } from '../strategies'
export { compress } from './compress'
export { type Differing, differ, namesOneClass } from './differ'
export { estimateSizes } from './estimate'
export { evaluate } from './evaluate'
export { type FeatureMapRequest, type FeatureMapResult, featureMaps } from './feature-maps'
export { inspect, viewModel } from './inspect'
export { prune } from './prune'
export type {
  CheckpointStore,
  CompressInput,
  CompressOutput,
  Estimate,
  EstimateRequest,
  EvaluateOptions,
  Evaluation,
  Pipeline,
  PipelineHooks,
  PruneConfig,
  PruneOutput,
  SplitName,
} from './types'
