/**
 * One run on made-up data, with the best backend that is there; prints { backend, ms, cpu, startMb, peakMb }, `cpu` in
 * milliseconds of all cores, all of it and by stage. usage: one.mjs '{"samples":..,"channels":..,"layers":..,"batch":..}'
 */
import { halving, noiseData, silentHooks } from '../lib/noise.mjs'

const { samples, channels, layers, batch } = JSON.parse(process.argv[2])
const { compress, startBackend, NetworkBuilder } = await import(process.env.ESPALIER_BUNDLE)

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
const { name: backend } = await startBackend('auto')
const config = halving({ calibration: samples, backend, batch })
const peak = () => process.resourceUsage().maxRSS / 1024
const startMb = process.memoryUsage().rss / 2 ** 20
const started = performance.now()

const cpuNow = () => (process.cpuUsage().user + process.cpuUsage().system) / 1000
const cpu = {}
let [stage, since] = ['read', cpuNow()]
function enter(next) {
  const now = cpuNow()
  cpu[stage] = (cpu[stage] ?? 0) + now - since
  cpu.total = (cpu.total ?? 0) + now - since
  stage = next
  since = now
}
const progress = (report) => {
  if (report.stage !== stage) enter(report.stage)
}
await compress({ graph: network(), data, config }, { ...silentHooks(), progress })
enter('done')
console.log(JSON.stringify({ backend, ms: performance.now() - started, cpu, startMb, peakMb: peak() }))
process.exit(0)
