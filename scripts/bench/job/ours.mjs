/**
 * The result-oriented job on vgg-small with random weights and noise; prints { backend, ms, cpuMs }, the loading of the
 * backend left out, as that of PyTorch is. usage: ours.mjs BACKEND SAMPLES KEEP REFIT
 */
import { halving, noiseData, silentHooks } from '../lib/noise.mjs'

const [backend, samples, keep, refit] = process.argv.slice(2)
const { compress, findArchitecture, startBackend } = await import(process.env.ESPALIER_BUNDLE)
const { name } = await startBackend(backend)
const side = 28
const classes = 10
const count = Number(samples)
const graph = findArchitecture('vgg-small').build({ sampleShape: [1, side, side], classes, seed: 0 })
const data = noiseData({ side, classes, channels: 1 }, { train: count + 512, validation: 256, test: 256 })
const goal = { kind: 'keep-macs', value: Number(keep) }
const config = { ...halving({ calibration: count, backend, batch: 128 }), goal, refit }
const cpu = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000
const [started, before] = [performance.now(), cpu()]
const { result } = await compress({ graph, data, config }, silentHooks())
console.log(
  JSON.stringify({ backend: name, ms: performance.now() - started, cpuMs: cpu() - before, timing: result.timing }),
)
process.exit(0)
