/** Made-up data and the settings of a run on it, for benchmarks that measure time and memory and not the result. */

/**
 * Images, the same whenever they are read.
 * @param channels 3, where nothing is said
 * @param pattern (label, column) -> what is added to the noise, so that there is something to learn
 */
export function noiseTable({ side, classes, channels = 3, pattern = () => 0 }, count, seed) {
  const size = channels * side * side
  const labels = Int32Array.from({ length: count }, (_, i) => (i * 7 + seed) % classes)
  return {
    count,
    labels,
    read(indices) {
      const data = new Float32Array(indices.length * size)
      indices.forEach((row, at) => {
        let state = (row + 1) * 2654435761 + seed
        for (let i = 0; i < size; i++) {
          state = (Math.imul(state, 1664525) + 1013904223) >>> 0
          data[at * size + i] = state / 2 ** 31 - 1 + pattern(labels[row], i % side)
        }
      })
      return {
        count: indices.length,
        inputs: new Map([['', { dims: [indices.length, channels, side, side], data }]]),
        labels: Int32Array.from(indices, (row) => labels[row]),
      }
    },
  }
}

/** @param sizes samples of the splits */
export const noiseData = (kind, { train, validation, test }) => ({
  kind: 'npz',
  sampleShape: [kind.channels ?? 3, kind.side, kind.side],
  classes: [],
  mean: [],
  std: [],
  train: noiseTable(kind, train, 0),
  validation: noiseTable(kind, validation, 1),
  test: noiseTable(kind, test, 2),
  hash: 'noise',
})

/** The result-oriented job to half the MACs, with the refit in closed form. */
export const halving = (given) => ({
  strategy: 'result-oriented',
  allocation: 'global',
  goal: { kind: 'keep-macs', value: 0.5 },
  refit: 'layerwise',
  finetune: { epochs: 0, samples: 0, learningRate: 0.02, distill: false },
  roundTo: 1,
  protect: [],
  seed: 0,
  ...given,
})

/** Hooks of a run that keeps nothing and tells nobody. */
export const silentHooks = () => ({
  progress() {},
  log() {},
  signal: new AbortController().signal,
  checkpoints: { load: async () => null, save: async () => undefined },
})
