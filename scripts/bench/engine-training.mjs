/** Forward passes and fine-tuning steps of a VGG with BatchNorm, beside PyTorch; and that steps leave nothing behind. */
import { join } from 'node:path'
import { bundled } from '../lib/bundle.mjs'
import { inRoot } from '../lib/root.mjs'
import { plans } from './engine/vgg.mjs'
import { measured, median, node } from './lib/child.mjs'

export const title = 'Training and forward passes'
export const note =
  'VGG11 with BatchNorm on 32x32 images, batches of 64: SGD with momentum and weight decay. The fastest of several steps in each process, the processes in turn, medians of them. The best backend that is there, as `auto` takes it; PyTorch in its default layout for the forward pass, in the better of default and channels_last for training.'

export async function run({ quick, python }) {
  const bundle = await bundled(inRoot('scripts/bench/engine/api.ts'))
  const plan = quick ? 'tiny' : 'vgg11'
  const batch = quick ? '8' : '64'
  const steps = quick ? '2' : '6'
  const leakSteps = quick ? 50 : 10_000
  const rounds = quick ? 1 : 3
  const ours = []
  const theirs = { default: [], channels_last: [] }
  for (let round = 0; round < rounds; round++) {
    const long = round === 0 ? leakSteps : 0
    ours.push(
      await node(join(import.meta.dirname, 'engine/training.mjs'), [plan, batch, steps, String(long)], {
        env: { ESPALIER_BUNDLE: bundle },
        seconds: 1800,
      }),
    )
    if (!python) continue
    for (const layout of Object.keys(theirs)) {
      const script = join(import.meta.dirname, 'engine/training.py')
      theirs[layout].push(
        await measured(python, ['-W', 'ignore', script, JSON.stringify(plans[plan]), batch, steps, layout], {
          seconds: 1800,
        }),
      )
    }
  }
  const middle = (list, key) => (list.length > 0 ? median(list.map((entry) => entry[key])) : undefined)
  const best = python
    ? Math.max(middle(theirs.default, 'training'), middle(theirs.channels_last, 'training'))
    : undefined
  const [{ backend, grown }] = ours
  const peer = (value, peerName) => (value === undefined ? {} : { peer: value, peerName })
  return [
    {
      name: `forward, ${backend}`,
      ours: middle(ours, 'forward'),
      ...peer(middle(theirs.default, 'forward'), 'PyTorch, default layout'),
      unit: 'images/s',
      better: 'more',
      atLeast: 1,
    },
    {
      name: `fine-tuning step, ${backend}`,
      ours: middle(ours, 'training'),
      ...peer(best, 'PyTorch, better layout'),
      unit: 'images/s',
      better: 'more',
      atLeast: 0.75,
    },
    { name: `tensors left behind by ${leakSteps} steps`, ours: grown.tensors, unit: 'tensors', target: 0 },
    { name: `memory grown by in ${leakSteps} steps`, ours: Math.max(0, grown.mb), unit: 'MB', target: 64 },
  ]
}
