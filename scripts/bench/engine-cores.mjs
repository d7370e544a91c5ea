/** What a second core is worth on WASM: training steps and observing with worker threads against one process without. */
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { engineBundle } from './engine/bundle.mjs'
import { median, node } from './lib/child.mjs'

export const title = 'WASM, all cores against one process'
export const note =
  "A VGG of six 3x3 convolutions with BatchNorm (32 to 128 channels) on 32x32 images, batches of 128: images a second in training steps (SGD, BatchNorm on the whole batch's statistics) and in observing (moments and sensitivity of 2,048 images, as a run by default). Both sides run in turn, medians of three by the clock. Beside it what the CPU time says of idle cores, which other work on the machine disturbs less: one process's time over that of the engine's thread and of a worker's share. What the machine itself gives are processes that share nothing, one a core at the same time, against one alone: cores that share a memory, a cache or their arithmetic are worth less than twice one."

export async function run({ quick, log }) {
  const cores = availableParallelism()
  if (cores < 2) {
    log('There is one core, so there is nothing to spread.')
    return []
  }
  const ESPALIER_BUNDLE = await engineBundle()
  const script = join(import.meta.dirname, 'engine/cores.mjs')
  const [plan, batch, steps, batches, rounds] = quick ? ['tiny', 8, 2, 8, 1] : ['small', 128, 4, 16, 3]
  const sides = { 1: [], [cores]: [] }
  const measure = (workers) =>
    node(script, [plan, batch, steps, batches].map(String), {
      env: { ESPALIER_BUNDLE, ESPALIER_WORKERS: workers },
      seconds: 1800,
    })
  const apart = []
  for (let round = 0; round < rounds; round++) {
    for (const [workers, found] of Object.entries(sides)) found.push(await measure(workers))
    apart.push(...(await Promise.all(Array.from({ length: cores }, () => measure('1')))))
  }
  const row = (name, kind, images) => {
    const middle = (workers, key) => median(sides[workers].map((found) => found[kind][key]))
    const machine = (cores * middle(1, 'ms')) / median(apart.map((found) => found[kind].ms))
    const [one, all, own] = [middle(1, 'cpuMs'), middle(cores, 'cpuMs'), middle(cores, 'ownMs')]
    const idle = one / (own + (all - own) / cores)
    const seconds = (ms) => (ms / 1000).toFixed(1)
    return {
      name,
      ours: (1000 * images) / middle(cores, 'ms'),
      peer: (1000 * images) / middle(1, 'ms'),
      peerName: 'one process',
      unit: 'images/s',
      better: 'more',
      atLeast: 1.8,
      note: `${cores} cores; CPU time ${seconds(all)} s, of which the engine's thread ${seconds(own)} s, against ${seconds(one)} s: ${idle.toFixed(2)} times on idle cores; the machine gives ${machine.toFixed(2)} times`,
    }
  }
  return [row('training', 'training', steps * batch), row('observing', 'observing', batches * batch)]
}
