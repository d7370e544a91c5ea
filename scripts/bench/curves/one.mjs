/** One run on made-up data; prints { ms, timing, startMb, peakMb }. usage: one.mjs '{"samples":..,"channels":..}' */
const { samples, channels, layers, batch } = JSON.parse(process.argv[2])
const { compress, initBackend, NetworkBuilder } = await import(process.env.ESPALIER_BUNDLE)

const side = 16
const classes = 10

function network() {
  const net = new NetworkBuilder('chain', [3, side, side], 0)
  let x = net.input
  for (let i = 0; i < layers; i++) {
    x = net.convolution(`conv${i}`, x, channels, 3, { padding: 1, bias: false })
    x = net.relu(`relu${i}`, net.batchNorm(`bn${i}`, x))
  }
  return net.build(net.dense('classifier', net.flatten('flatten', net.globalAveragePool('average', x)), classes))
}

/** Noise of a sample, the same whenever it is read. */
function table(count, seed) {
  const size = 3 * side * side
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
          data[at * size + i] = state / 2 ** 31 - 1
        }
      })
      return {
        count: indices.length,
        inputs: new Map([['', { dims: [indices.length, 3, side, side], data }]]),
        labels: Int32Array.from(indices, (row) => labels[row]),
      }
    },
  }
}

const data = {
  kind: 'npz',
  sampleShape: [3, side, side],
  classes: [],
  mean: [],
  std: [],
  train: table(samples + 256, 0),
  validation: table(128, 1),
  test: table(128, 2),
  hash: 'noise',
}
const config = {
  strategy: 'result-oriented',
  allocation: 'global',
  goal: { kind: 'keep-macs', value: 0.5 },
  calibration: samples,
  refit: 'layerwise',
  finetune: { epochs: 0, samples: 0, learningRate: 0.02, distill: false },
  roundTo: 1,
  protect: [],
  backend: 'wasm',
  seed: 0,
  batch,
}
const hooks = {
  progress() {},
  log() {},
  signal: new AbortController().signal,
  checkpoints: { load: async () => null, save: async () => undefined },
}
await initBackend({ backend: 'wasm' })
const peak = () => process.resourceUsage().maxRSS / 1024
const startMb = process.memoryUsage().rss / 2 ** 20
const started = performance.now()
const { result } = await compress({ graph: network(), data, config }, hooks)
console.log(JSON.stringify({ ms: performance.now() - started, timing: result.timing, startMb, peakMb: peak() }))
