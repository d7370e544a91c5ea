/** What the benchmarks of this folder use of the engine, bundled as one module (scripts/lib/bundle.mjs). */

export { rankCounter } from '../../src/engine/statistics/linear-algebra'
