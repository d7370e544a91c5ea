/**
 * The whole result-oriented job on a small VGG, by backend, beside the same algorithm as a prototype in PyTorch, and beside
 * what Torch-Pruning needs with fine-tuning.
 */
import { join } from 'node:path'
import { engineBundle } from './engine/bundle.mjs'
import { measured, node } from './lib/child.mjs'

export const title = 'The whole result-oriented job'
export const note =
  'vgg-small (six 3x3 convolutions with BatchNorm, 28x28 images, random weights) to 15 % of its MACs with 2,048 calibration samples of noise, in processes of their own. Ours observes, measures what every group is worth, tries several orders, takes checkpoints, refits layer by layer and verifies; with the refit on the result it also distils. The peer is the algorithm of the specification in PyTorch, with all its threads: it observes, decides once and refits, and neither measures nor verifies. Torch-Pruning looks for the ratio of group norm over all layers that meets the budget and is tuned for 2 epochs of 4,000 samples; what both reach on trained networks is in [results-peers](results-peers.md). Programs and data are loaded before the clock starts.'

export async function run({ quick, python }) {
  const bundle = await engineBundle()
  const samples = quick ? '128' : '2048'
  const keep = '0.15'
  const script = join(import.meta.dirname, 'job/ours.mjs')
  const ours = (backend, refit) =>
    node(script, [backend, samples, keep, refit], { env: { ESPALIER_BUNDLE: bundle }, seconds: 1800 })
  const theirs = python
    ? await measured(python, ['-W', 'ignore', join(import.meta.dirname, 'job/theirs.py'), samples, keep], {
        seconds: 1800,
      })
    : undefined
  const tuned = python
    ? await measured(
        python,
        ['-W', 'ignore', join(import.meta.dirname, 'job/tuned.py'), keep, '2', quick ? '128' : '4000'],
        { seconds: 1800 },
      )
    : undefined
  const rows = []
  for (const [backend, refit, share] of [
    ['auto', 'layerwise', 1],
    ['onnxruntime', 'layerwise'],
    ['wasm', 'layerwise', 1 / 4],
    ['auto', 'sequential'],
  ]) {
    // What `auto` means is known after the first.
    if (backend !== 'auto' && rows[0]?.backend === backend) continue
    const found = await ours(backend, quick ? 'layerwise' : refit)
    const seconds = (ms) => (ms / 1000).toFixed(1)
    const { statisticsMs, decisionMs, recoveryMs } = found.timing
    rows.push({
      backend: found.backend,
      name: `${found.backend}, ${refit === 'layerwise' ? 'layer by layer' : 'and on the result'}`,
      ours: found.ms / 1000,
      unit: 's',
      ...(theirs ? { peer: theirs.ms / 1000, peerName: 'PyTorch, layer by layer' } : {}),
      ...(theirs && share ? { atLeast: share } : {}),
      note: `${seconds(found.cpuMs)} s of all cores${theirs ? ` (PyTorch ${seconds(theirs.cpuMs)} s)` : ''}; statistics and rates ${seconds(statisticsMs)} s, decision ${seconds(decisionMs)} s, refit ${seconds(recoveryMs)} s`,
    })
  }
  if (tuned) {
    const [{ backend, name, ours: seconds }] = rows
    rows.push({
      backend,
      name,
      ours: seconds,
      unit: 's',
      peer: tuned.ms / 1000,
      peerName: 'Torch-Pruning and 2 epochs',
      atLeast: 2,
      note: `theirs: ${(tuned.cpuMs / 1000).toFixed(1)} s of all cores, ${(100 * tuned.kept).toFixed(1)} % of the MACs kept`,
    })
  }
  return rows.map(({ backend, ...row }) => row)
}
