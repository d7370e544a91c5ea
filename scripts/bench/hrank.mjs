/** HRank, the slowest published criterion: ranks of feature maps, beside torch.linalg.matrix_rank. */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bundled } from '../lib/bundle.mjs'
import { inRoot } from '../lib/root.mjs'
import { measured, node } from './lib/child.mjs'

export const title = 'HRank: ranks of feature maps'
export const note =
  'The maps of a VGG on 32x32 images behind each ReLU (random weights; 512 channels at the end), 16 samples: the work of the criterion but for the forward pass. Theirs is the code of the HRank repository, one torch.linalg.matrix_rank a map, in one thread; `batched` is the same function over all maps of a layer at once.'

export async function run({ quick, python }) {
  const bundle = await bundled(inRoot('scripts/bench/api.ts'))
  const folder = mkdtempSync(join(tmpdir(), 'espalier-hrank-'))
  try {
    const samples = quick ? '1' : '16'
    const theirs = python
      ? await measured(python, ['-W', 'ignore', join(import.meta.dirname, 'hrank/theirs.py'), folder, samples])
      : undefined
    const ours = await node(join(import.meta.dirname, 'hrank/ours.mjs'), [folder, samples], {
      env: { ESPALIER_BUNDLE: bundle },
    })
    const same = theirs && ours.layers.every(({ name }) => sameRanks(folder, name))
    const total = (layers, key) => layers.reduce((sum, layer) => sum + layer[key], 0)
    const rows = [
      {
        name: 'all layers',
        ours: total(ours.layers, 'ms'),
        unit: 'ms',
        ...(theirs ? { peer: total(theirs.layers, 'ms'), peerName: 'a map at a time', atLeast: 10 } : {}),
        note: theirs ? (same ? 'the same rank for every map' : 'ranks differ') : undefined,
      },
    ]
    if (theirs) {
      rows.push({
        name: 'all layers',
        ours: total(ours.layers, 'ms'),
        unit: 'ms',
        peer: total(theirs.layers, 'batchedMs'),
        peerName: 'batched',
      })
    }
    for (const [i, layer] of ours.layers.entries()) {
      rows.push({
        name: `${layer.channels} channels of ${layer.extent} x ${layer.extent}`,
        ours: layer.ms,
        unit: 'ms',
        ...(theirs ? { peer: theirs.layers[i].ms, peerName: 'a map at a time' } : {}),
      })
    }
    if (theirs && !same) throw new Error('Our ranks are not those of torch.linalg.matrix_rank.')
    return rows
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const sameRanks = (folder, name) => {
  const [ours, theirs] = ['ours', 'theirs'].map((side) => join(folder, `${name}.${side}`))
  return existsSync(theirs) && readFileSync(ours).equals(readFileSync(theirs))
}
