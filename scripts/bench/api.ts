/** What the benchmarks of this folder use of the engine, bundled as one module (scripts/lib/bundle.mjs). */

export { compress } from '../../src/engine/pipeline'
export { NetworkBuilder } from '../../src/engine/reference-networks/builder'
export { initBackend } from '../../src/engine/runtime'
export { rankCounter } from '../../src/engine/statistics/linear-algebra'
