/**
 * Training steps and one observation of a VGG on WASM, with the workers that ESPALIER_WORKERS allows; prints
 * { workers, training: { ms, cpuMs, ownMs }, observing: the same }. usage: cores.mjs PLAN BATCH STEPS BATCHES
 */
import { plans, table, vgg } from './vgg.mjs'

const [plan, batch, steps, batches] = process.argv.slice(2)
const { analyseCoupling, createDataParallelTrainer, createTrainer, inferShapes, NetworkBuilder, observe } =
  await import(process.env.ESPALIER_BUNDLE)
const { resultOrientedRequest, startBackend, workersFor } = await import(process.env.ESPALIER_BUNDLE)
await startBackend('wasm')
const workers = workersFor(Number.POSITIVE_INFINITY)
const size = Number(batch)
const indices = (count) => Int32Array.from({ length: count }, (_, i) => i)
const graph = inferShapes(vgg(NetworkBuilder, plans[plan]))

/** By the clock; CPU time of all threads, and of the engine's own. */
async function measured(work) {
  const sum = ({ user, system }) => (user + system) / 1000
  const now = () => [performance.now(), sum(process.cpuUsage()), sum(process.threadCpuUsage())]
  const before = now()
  await work()
  const [ms, cpuMs, ownMs] = now().map((value, i) => value - before[i])
  return { ms, cpuMs, ownMs }
}

const options = { learningRate: 0.01, batchNorm: 'train', weightDecay: 5e-4, loss: { kind: 'cross-entropy' } }
const trainer = workers ? createDataParallelTrainer(graph, options, workers) : createTrainer(graph, options)
const { inputs, labels } = table(size, 0).read(indices(size))
// Workers start, and everything is compiled.
for (let step = 0; step < 2; step++) await trainer.step(inputs, labels)
const training = await measured(async () => {
  for (let step = 0; step < Number(steps); step++) await trainer.step(inputs, labels, { readLoss: true })
})
trainer.dispose()

const calibration = (count) => ({ table: table(count * size, 0), indices: indices(count * size) })
const coupling = analyseCoupling(graph, [])
const settings = { result: 'softmax', batch: size, seed: 0 }
const request = { ...resultOrientedRequest, propagation: false }
await observe(graph, coupling, calibration(1), request, settings)
const observing = await measured(() => observe(graph, coupling, calibration(Number(batches)), request, settings))
console.log(JSON.stringify({ workers: workers?.size ?? 1, training, observing }))
process.exit(0)
