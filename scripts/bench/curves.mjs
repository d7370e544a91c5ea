/** How time and memory of a data-driven run grow: with calibration samples, channels, layers and the batch. */
import { join } from 'node:path'
import { bundled } from '../lib/bundle.mjs'
import { inRoot } from '../lib/root.mjs'
import { costCurves } from './curves/plot.mjs'
import { node } from './lib/child.mjs'

export const title = 'Cost curves of a result-oriented run'
export const note =
  'A chain of 3x3 convolutions with BatchNorm on 16x16 images of noise, pruned to half its MACs by `result-oriented` with the layerwise refit, in a process of its own with the best backend that is there. Every row changes one number of the middle case: 512 samples, 32 channels, 4 layers, batches of 64. Time is that of all cores together, which other work on the machine disturbs less.'

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
const axes = { samples: 'calibration samples', channels: 'channels', layers: 'layers', batch: 'samples a batch' }

export async function run({ quick, log }) {
  const bundle = await bundled(inRoot('scripts/bench/engine/api.ts'))
  const rows = []
  for (const [name, values] of Object.entries(quick ? small : whole)) {
    for (const value of values) {
      const config = { ...(quick ? smallMiddle : middle), [name]: value }
      const found = await node(join(import.meta.dirname, 'curves/one.mjs'), [JSON.stringify(config)], {
        env: { ESPALIER_BUNDLE: bundle },
        seconds: 1800,
      })
      const cpu = Object.fromEntries(Object.entries(found.cpu).map(([stage, ms]) => [stage, ms / 1000]))
      const memory = found.peakMb - found.startMb
      const seconds = (stage) => (cpu[stage] ?? 0).toFixed(1)
      rows.push({
        name: labels[name](value),
        ours: cpu.total,
        unit: 's',
        note: `${found.backend}: statistics and rates ${seconds('observe')} s, decision ${seconds('decide')} s, refit ${seconds('apply')} s; ${(found.ms / 1000).toFixed(1)} s by the clock; peak ${Math.round(found.peakMb)} MB, ${Math.round(memory)} MB above an idle engine`,
        point: { parameter: axes[name], value, cpu, memory },
      })
      log(`  ${rows.at(-1).name}: ${rows.at(-1).ours.toFixed(1)} s`)
    }
  }
  return rows
}

/** @returns pictures of the rows: what `record` writes beside the page. */
export const pictures = (rows) => [
  {
    name: 'curves.svg',
    title,
    text: costCurves(
      title,
      rows.map(({ point }) => point),
    ),
  },
]
