/** One run on made-up data; prints { ms, timing, startMb, peakMb }. usage: one.mjs '{"samples":..,"channels":..}' */
import { halving, noiseData, silentHooks } from '../lib/noise.mjs'

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

const data = noiseData({ side, classes }, { train: samples + 256, validation: 128, test: 128 })
const config = halving({ calibration: samples, backend: 'wasm', batch })
const hooks = silentHooks()
await initBackend({ backend: 'wasm' })
const peak = () => process.resourceUsage().maxRSS / 1024
const startMb = process.memoryUsage().rss / 2 ** 20
const started = performance.now()
const { result } = await compress({ graph: network(), data, config }, hooks)
console.log(JSON.stringify({ ms: performance.now() - started, timing: result.timing, startMb, peakMb: peak() }))
