/** What the engine's benchmarks use, bundled as one module (scripts/lib/bundle.mjs), with the backend as shells start it. */

export { analyseCoupling } from '../../../src/engine/coupling'
export { inferShapes } from '../../../src/engine/ops/infer'
export { compress } from '../../../src/engine/pipeline'
export { findArchitecture } from '../../../src/engine/reference-networks'
export { NetworkBuilder } from '../../../src/engine/reference-networks/builder'
export {
  createDataParallelTrainer,
  createSession,
  createTrainer,
  memoryUse,
  workersFor,
} from '../../../src/engine/runtime'
export { observe } from '../../../src/engine/statistics'
export { resultOrientedRequest } from '../../../src/engine/strategies/result-oriented'
export { startBackend } from '../../../src/main/engine/backend'
