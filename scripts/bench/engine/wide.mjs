/** A whole run on a VGG of random weights; prints { backend, ms, timing, peakMb, params }. usage: wide.mjs PLAN SAMPLES */
import { halving, noiseData, silentHooks } from '../lib/noise.mjs'
import { images, plans, vgg } from './vgg.mjs'

const [plan, samples] = process.argv.slice(2)
const { compress, NetworkBuilder, startBackend } = await import(process.env.ESPALIER_BUNDLE)
const { name: backend } = await startBackend('auto')
const count = Number(samples)
const data = noiseData(images, { train: count, validation: 256, test: 256 })
const config = halving({ calibration: count, backend: 'auto', batch: 128 })
const hooks = silentHooks()
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
