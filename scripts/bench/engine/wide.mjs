/** A whole run on a VGG of random weights; prints { backend, ms, timing, peakMb, params }. usage: wide.mjs PLAN SAMPLES */
import { plans, side, table, vgg } from './vgg.mjs'

const [plan, samples] = process.argv.slice(2)
const { compress, NetworkBuilder, startBackend } = await import(process.env.ESPALIER_BUNDLE)
const { name: backend } = await startBackend('auto')
const count = Number(samples)
const data = {
  kind: 'npz',
  sampleShape: [3, side, side],
  classes: [],
  mean: [],
  std: [],
  train: table(count, 0),
  validation: table(256, 1),
  test: table(256, 2),
  hash: 'noise',
}
const config = {
  strategy: 'result-oriented',
  allocation: 'global',
  goal: { kind: 'keep-macs', value: 0.5 },
  calibration: count,
  refit: 'layerwise',
  finetune: { epochs: 0, samples: 0, learningRate: 0.02, distill: false },
  roundTo: 1,
  protect: [],
  backend: 'auto',
  seed: 0,
  batch: 128,
}
const hooks = {
  progress() {},
  log() {},
  signal: new AbortController().signal,
  checkpoints: { load: async () => null, save: async () => undefined },
}
const started = performance.now()
const { result } = await compress({ graph: vgg(NetworkBuilder, plans[plan]), data, config }, hooks)
const ms = performance.now() - started
const { user, system } = process.cpuUsage()
console.log(
  JSON.stringify({
    backend,
    ms,
    cpuMs: (user + system) / 1000,
    timing: result.timing,
    peakMb: process.resourceUsage().maxRSS / 1024,
    params: result.model.before.params,
  }),
)
process.exit(0)
