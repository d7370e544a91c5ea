/**
 * An engine process whose jobs misbehave on demand: the file name of the model says how. Steps are kept and resumed
 * with the product's own checkpoints, so that a killed run can be watched going on.
 */
import { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { EspalierError } from '../../../src/contract/errors'
import { say } from '../../../src/contract/sentences'
import { checkpointFolder } from '../../../src/main/engine/checkpoints'
import { reached } from '../../../src/main/engine/handlers/reached'
import { enginePort } from '../../../src/main/engine/port'
import { type JobHandlers, serveEngine } from '../../../src/main/engine/serve'
import { environment, result, trace, view } from './values'

const steps = 4
const pause = () => new Promise((resolve) => setTimeout(resolve, 5))
const forever = () => new Promise<never>(() => {})
const readText = (path: string) => {
  if (!existsSync(path)) throw new EspalierError('FILE_NOT_FOUND', `${path} is not there.`)
  return readFileSync(path, 'utf8')
}
/** Content of the model file: words that say what to do. */
const wishes = (files: readonly { path: string }[]) => readText((files[0] as { path: string }).path).split(/\s+/)

const dataset = {
  name: 'data',
  kind: 'npz' as const,
  path: 'data.npz',
  hash: 'b'.repeat(64),
  sampleShape: [1, 28, 28],
  classes: ['a', 'b'],
  mean: [0.5],
  std: [0.25],
  splits: { train: 100, verification: 0, test: 20 },
  verificationFromTrain: true,
  balance: [50, 50],
}
const sample = { index: 3, label: 1, image: 'data:image/png;base64,AAAA' }

/** What an exported file takes; networks by themselves take one millisecond and more. */
const exportedAt = { median: 7, low: 7, high: 7 }

const handlers: JobHandlers = {
  async inspect({ files }) {
    const words = wishes(files)
    if (words.includes('invalid')) throw new EspalierError('MODEL_INVALID', 'This is no network.', 'byte 0')
    if (words.includes('crash-inspect')) process.kill(process.pid, 'SIGKILL')
    return { format: 'onnx', size: { macs: 1000, params: 100, bytes: 400 }, nodes: 5, view, files: [...files] }
  },
  estimate: async ({ keepMacs }) =>
    keepMacs.map((keep) => ({ keepMacs: keep, macs: keep * 1000, params: 1, bytes: 4 })),
  strategies: async () => [],
  reached,
  latency: async ({ networks }) =>
    networks.map((_, at) => ({
      runtime: 'onnxruntime-node 1',
      batch: 1,
      rounds: 5,
      before: { median: 2, low: 2, high: 2 },
      after: { median: at + 1, low: at + 1, high: at + 1 },
    })),
  async probe({ data, samples }) {
    if (!statSync(data.path, { throwIfNoEntry: false })?.isDirectory()) readText(data.path)
    return { dataset, samples: samples > 0 ? [sample] : [] }
  },
  preview: async () => [sample],
  evaluate: async ({ files }) => ({
    metric: 'accuracy',
    value: wishes(files).includes('at-chance') ? 49 : 93,
    samples: 20,
    classes: ['a', 'b'],
  }),
  async compress({ files, folder, config }, { signal, progress, log }) {
    const words = wishes(files)
    const once = (word: string) => {
      const mark = join(folder, `did-${word}`)
      if (!words.includes(word) || existsSync(mark)) return false
      writeFileSync(mark, '')
      return true
    }
    const checkpoints = checkpointFolder(folder, (said) => log('warning', said))
    log('info', say('doing.ranking', { criterion: config.strategy }))
    if (once('chatty'))
      for (let line = 0; line < 2000; line++) log('info', say('doing.ranking', { criterion: 'words '.repeat(200) }))
    let sum = 0
    for (let step = 0; step < steps; step++) {
      const kept = await checkpoints.load(`step-${step}`)
      if (kept) {
        sum += kept[0] as number
        log('info', say('doing.trial', { trial: step }))
        continue
      }
      if (step === 2) {
        if (words.includes('deaf')) await forever()
        if (once('crash') || words.includes('always-crash')) process.kill(process.pid, 'SIGKILL')
        if (once('throw')) throw new Error('a defect')
        if (words.includes('non-finite')) throw new EspalierError('MODEL_NON_FINITE', 'The weights hold NaN.')
        if (words.includes('disk-full')) throw Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC' })
        if (words.includes('wait')) while (!signal.aborted) await pause()
        if (words.includes('hang')) for (;;) appendFileSync(join(folder, 'alive'), '')
      }
      if (signal.aborted) throw new EspalierError('CANCELLED', 'Cancelled between two batches.')
      sum += step + 1
      await checkpoints.save(`step-${step}`, Uint8Array.of(step + 1))
      progress({
        stage: step < 2 ? 'observe' : 'apply',
        fraction: (step + 1) / steps,
        detail: `step ${step}`,
        metric: { name: 'loss', step, value: 1 / (step + 1) },
      })
    }
    const path = join(folder, 'result.onnx')
    writeFileSync(path, `pruned ${basename((files[0] as { path: string }).path)} ${sum} ${config.seed}`)
    return { path, nodes: 4, result: result(), trace, environment }
  },
  async export({ files, folder, formats, name, precision }, { signal }) {
    if (wishes(files).includes('slow-export')) {
      while (!signal.aborted) await pause()
      throw new EspalierError('CANCELLED', 'Cancelled between two formats.')
    }
    const path = join(folder, `${name}.onnx`)
    const { mkdirSync } = await import('node:fs')
    mkdirSync(folder, { recursive: true })
    writeFileSync(path, 'exported')
    return formats.map((format) => ({
      format,
      precision,
      path,
      bytes: 8,
      maxAbsError: 1e-7,
      maxRelError: 1e-7,
      passed: true,
      checkedBy: 'test',
      metric: 93,
      latency: [{ runtime: 'onnxruntime-node 1', batch: 1, rounds: 5, before: null, after: exportedAt }],
    }))
  },
  disagreements: async ({ models }) => ({
    classes: ['a', 'b'],
    original: [90, null],
    perClass: models.map(({ runId }) => ({ runId, accuracy: [80, null] })),
    confusion: {
      original: [
        [9, 1],
        [0, 0],
      ],
      runs: models.map(({ runId }) => ({
        runId,
        counts: [
          [8, 2],
          [0, 0],
        ],
      })),
    },
    samples: [{ sample, original: 0, predictions: models.map(({ runId }) => ({ runId, label: 1 })) }],
    differences: null,
  }),
  featureMaps: async ({ group, kept, sample: { index } }) => ({
    layer: 'reader',
    value: 'v',
    places: ['reader'],
    units: 2,
    kept: kept[group] ?? [0, 1],
    height: 1,
    width: 1,
    shrunk: 1,
    maps: 'AAAAAAAAgD8=',
    removed: [],
    predicted: '',
    fittedRows: index,
    heldOutRows: 1,
  }),
  doctor: async () => ({ versions: { engine: 'fake' }, backends: [] }),
  nativeFacts: async () => ({ supported: true, off: false, built: false, missing: [] }),
  buildNative: async (_input, { progress, signal }) => {
    for (const fraction of [0, 0.1, 0.75, 0.95]) progress({ stage: 'read', fraction, detail: 'Building' })
    // Until it is cancelled, where the test asks for that.
    if (process.env.FAKE_NATIVE === 'slow') await new Promise((resolve) => signal.addEventListener('abort', resolve))
    if (signal.aborted) throw new EspalierError('CANCELLED', 'Building the native backend was cancelled.')
    if (process.env.FAKE_NATIVE === 'fails') throw new EspalierError('BACKEND_UNAVAILABLE', 'g++ ended with code 1.')
    return {}
  },
}

serveEngine(enginePort(), handlers, (code) => process.exit(code))
