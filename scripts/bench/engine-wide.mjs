/** The result-oriented run where layers are wide: VGG16 with BatchNorm on 32x32 images to half its MACs. */
import { join } from 'node:path'
import { bundled } from '../lib/bundle.mjs'
import { inRoot } from '../lib/root.mjs'
import { node } from './lib/child.mjs'

export const title = 'Wide layers: VGG16 to half its MACs'
export const note =
  '14.7 million parameters, convolutions of 512 channels (4,609 rows each), random weights, 2,048 calibration samples, `result-oriented` with the layerwise refit, the best backend that is there.'

export async function run({ quick }) {
  const bundle = await bundled(inRoot('scripts/bench/engine/api.ts'))
  const found = await node(join(import.meta.dirname, 'engine/wide.mjs'), quick ? ['tiny', '64'] : ['vgg16', '2048'], {
    env: { ESPALIER_BUNDLE: bundle },
    seconds: 3600,
  })
  const { statisticsMs, decisionMs, recoveryMs } = found.timing
  const seconds = (ms) => (ms / 1000).toFixed(1)
  return [
    {
      name: `the whole run, ${found.backend}`,
      ours: found.ms / 1000,
      unit: 's',
      target: 180,
      note: `statistics ${seconds(statisticsMs)} s, decision ${seconds(decisionMs)} s, refit ${seconds(recoveryMs)} s; ${seconds(found.cpuMs)} s of all cores; peak ${Math.round(found.peakMb)} MB`,
    },
  ]
}
