/** The trained networks of the sweeps: made by `espalier train` where they are not there. */
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { espalier } from './espalier.mjs'

/** Training of the networks on images; one of texts trains as its architecture's defaults say. */
const imageTraining = ['--epochs', '5', '--samples', '10000', '--lr', '0.03']

/** Texts that a network learns from; null for images. */
const texts = {}

export const trainedOn = (network) => texts[network] ?? null

/** @param loaded files of networks that were trained elsewhere, by name, `{seed}` in them */
export async function networkFile(network, seed, data, { cache, backend, quick, loaded, say }) {
  if (loaded[network]) return loaded[network].replace('{seed}', `${seed}`)
  // A quick one is no substitute for the trained one that a later run looks for.
  const file = join(cache, `${network}-${seed}${quick ? '-quick' : ''}.onnx`)
  if (existsSync(file)) return file
  mkdirSync(cache, { recursive: true })
  say(`Training ${network}, seed ${seed}`)
  const settings = quick ? ['--epochs', '1', '--samples', '4000'] : trainedOn(network) ? [] : imageTraining
  const part = `${file}.part.onnx`
  await espalier(
    ['train', '--architecture', network, '--data', data, '--out', part],
    [...settings, '--seed', `${seed}`, '--backend', backend],
  )
  renameSync(part, file)
  return file
}
