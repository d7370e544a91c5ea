/** What the engine's benchmarks use, bundled as one module (scripts/lib/bundle.mjs), with the backend as shells start it. */

export { compress } from '../../../src/engine/pipeline'
export { findArchitecture } from '../../../src/engine/reference-networks'
export { NetworkBuilder } from '../../../src/engine/reference-networks/builder'
export { createSession, createTrainer, memoryUse } from '../../../src/engine/runtime'
export { startBackend } from '../../../src/main/engine/backend'
