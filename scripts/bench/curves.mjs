/** How time and memory of a data-driven run grow: with calibration samples, channels, layers and the batch. */
import { join } from 'node:path'
import { bundled } from '../lib/bundle.mjs'
import { inRoot } from '../lib/root.mjs'
import { node } from './lib/child.mjs'

export const title = 'Cost curves of a result-oriented run'
export const note =
  'A chain of 3x3 convolutions with BatchNorm on 16x16 images of noise, pruned to half its MACs by `result-oriented` with the layerwise refit; one process, WASM, one thread. Every row changes one number of the middle case: 512 samples, 32 channels, 4 layers, batches of 64.'

const middle = { samples: 512, channels: 32, layers: 4, batch: 64 }
const whole = {
  samples: [128, 256, 512, 1024, 2048],
  channels: [8, 16, 32, 64, 128],
  layers: [2, 4, 8, 16],
  batch: [16, 64, 256],
}
const small = { samples: [32, 64] }
const smallMiddle = { samples: 32, channels: 8, layers: 2, batch: 16 }

const labels = {
  samples: (value) => `${value} calibration samples`,
  channels: (value) => `${value} channels`,
  layers: (value) => `${value} layers`,
  batch: (value) => `batches of ${value}`,
}

export async function run({ quick, log }) {
  const bundle = await bundled(inRoot('scripts/bench/api.ts'))
  const rows = []
  for (const [name, values] of Object.entries(quick ? small : whole)) {
    for (const value of values) {
      const config = { ...(quick ? smallMiddle : middle), [name]: value }
      const found = await node(join(import.meta.dirname, 'curves/one.mjs'), [JSON.stringify(config)], {
        env: { ESPALIER_BUNDLE: bundle },
        seconds: 1800,
      })
      const { statisticsMs, decisionMs, recoveryMs } = found.timing
      const seconds = (ms) => (ms / 1000).toFixed(1)
      rows.push({
        name: labels[name](value),
        ours: found.ms / 1000,
        unit: 's',
        note: `statistics ${seconds(statisticsMs)} s, decision ${seconds(decisionMs)} s, recovery ${seconds(recoveryMs)} s; peak ${Math.round(found.peakMb)} MB, ${Math.round(found.peakMb - found.startMb)} MB above an idle engine`,
      })
      log(`  ${rows.at(-1).name}: ${rows.at(-1).ours.toFixed(1)} s`)
    }
  }
  return rows
}
