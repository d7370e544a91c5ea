/** Images a second forward and in training, once; prints { backend, forward, training, tensors }. usage: training.mjs PLAN BATCH STEPS LEAK_STEPS */
import { plans, table, vgg } from './vgg.mjs'

const [plan, batch, steps, leakSteps] = process.argv.slice(2)
const { createSession, createTrainer, memoryUse, NetworkBuilder, startBackend } = await import(
  process.env.ESPALIER_BUNDLE
)
const { name: backend } = await startBackend('auto')
const size = Number(batch)
const feed = table(size, 0).read(Int32Array.from({ length: size }, (_, i) => i))

function fastest(work) {
  work()
  let best = Number.POSITIVE_INFINITY
  for (let i = 0; i < Number(steps); i++) {
    const started = performance.now()
    work()
    best = Math.min(best, performance.now() - started)
  }
  return (1000 * size) / best
}

const options = { learningRate: 0.01, momentum: 0.9, weightDecay: 5e-4, batchNorm: 'train' }
const loss = { kind: 'cross-entropy' }
const graph = vgg(NetworkBuilder, plans[plan])
const session = createSession(graph, { fuse: true })
const output = graph.outputs[0].name
const forward = fastest(() => {
  const { tensor } = session.forward(feed.inputs, [output]).get(output)
  tensor.dataSync()
  tensor.dispose()
})
session.dispose()
const trainer = createTrainer(graph, { ...options, loss })
const training = fastest(() => trainer.step(feed.inputs, feed.labels, { readLoss: true }))
trainer.dispose()

// Whether anything is left behind by a step: a small network, many steps, few of them read.
const small = table(8, 0).read(Int32Array.from({ length: 8 }, (_, i) => i))
const long = createTrainer(vgg(NetworkBuilder, plans.tiny), { ...options, loss })
for (let i = 0; i < 10; i++) long.step(small.inputs, small.labels)
const before = memoryUse()
globalThis.gc?.()
const rss = process.memoryUsage().rss
for (let i = 0; i < Number(leakSteps); i++) {
  long.step(small.inputs, small.labels, { readLoss: i % 4 === 0 })
  if (i % 64 === 0) await new Promise((resolve) => setTimeout(resolve, 0))
}
const after = memoryUse()
globalThis.gc?.()
const grown = { tensors: after.tensors - before.tensors, mb: (process.memoryUsage().rss - rss) / 2 ** 20 }
console.log(JSON.stringify({ backend, forward, training, grown }))
process.exit(0)
