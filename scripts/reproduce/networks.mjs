/** The trained networks of the sweeps: made by `espalier train` where they are not there. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { espalier, root } from './espalier.mjs'

/** Training of the networks on images; one of texts trains as its architecture's defaults say. */
const imageTraining = ['--epochs', '5', '--samples', '10000', '--lr', '0.03']

/** The set of texts that each of these networks learns from, as scripts/language/sentiment.mjs prepares it. */
const texts = { 'text-cnn': 'movies', bilstm: 'movies', transformer: 'movies' }

/** The folder of a text network's data, made where it is not there; null for networks of images. */
export function trainedOn(network, cache) {
  if (!texts[network]) return null
  const folder = join(cache, 'texts', texts[network])
  if (!existsSync(join(folder, 'dataset.json'))) {
    const script = join(root, 'scripts', 'language', 'sentiment.mjs')
    execFileSync(process.execPath, [script, '--out', join(cache, 'texts')], { stdio: ['ignore', 'ignore', 'inherit'] })
  }
  return folder
}

/** @param loaded files of networks that were trained elsewhere, by name, `{seed}` in them */
export async function networkFile(network, seed, data, { cache, backend, quick, loaded, say }) {
  if (loaded[network]) return loaded[network].replace('{seed}', `${seed}`)
  // A quick one is no substitute for the trained one that a later run looks for.
  const file = join(cache, `${network}-${seed}${quick ? '-quick' : ''}.onnx`)
  if (existsSync(file)) return file
  mkdirSync(cache, { recursive: true })
  say(`Training ${network}, seed ${seed}`)
  const settings = quick ? ['--epochs', '1', '--samples', '4000'] : texts[network] ? [] : imageTraining
  const part = `${file}.part.onnx`
  await espalier(
    ['train', '--architecture', network, '--data', data, '--out', part],
    [...settings, '--seed', `${seed}`, '--backend', backend],
  )
  renameSync(part, file)
  return file
}
