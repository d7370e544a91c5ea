/**
 * `npm run reproduce`: networks x strategies x budgets x seeds on equal terms, written to docs/results.md.
 *
 *   npm run reproduce -- [--quick] [--networks lenet,...] [--seeds 0,1,2] [--keep 0.7,...] [--strategies a,b]
 *                        [--allocations global,uniform] [--arms none,bn,layerwise,sequential,none+ft,layerwise+ft,sequential+ft] [--anew]
 *                        [--promise | --project NAME | --report] [--data FOLDER] [--load NAME=FILE] [--backend auto]
 *
 * Trains the networks where they are not there (.cache/reproduce), then measures cell by cell, in one process that shares
 * networks, data and decisions; a cell gives the network of `espalier compress` with the options that its record names.
 * Finished cells lie in .cache/reproduce and are passed over the next time, so that it may be stopped at any moment.
 *
 * --quick: one network, seed and budget, few strategies. --promise: the table of `--max-drop 0.5` instead of the cells.
 * --project: runs the cells through the command line instead, recorded in that project of the workbench.
 * --load: a network that was trained elsewhere, {seed} in the file's name where there are several.
 * --report: writes the page from what is there. --anew: measures again what is there.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { register } from 'tsx/esm/api'
import { ensureNode24 } from '../lib/node24.mjs'
import { cellsOf, keyOf, optionsOf, own, anew as scratch } from './cells.mjs'
import { fashionFile } from './data.mjs'
import { espalier, root } from './espalier.mjs'
import { networkFile, trainedOn } from './networks.mjs'
import { measurePromises } from './promise.mjs'
import { writeResults } from './report.mjs'

await ensureNode24()

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    promise: { type: 'boolean', default: false },
    anew: { type: 'boolean', default: false },
    project: { type: 'string' },
    data: { type: 'string', default: '/usr/share/datasets/fashion-mnist' },
    networks: { type: 'string', default: 'lenet,vgg-small,resnet-small,mobilenet-small,text-cnn,bilstm,transformer' },
    keep: { type: 'string', default: '0.7,0.5,0.3,0.15,0.07' },
    seeds: { type: 'string', default: '0,1,2' },
    strategies: { type: 'string' },
    allocations: { type: 'string', default: 'global,uniform' },
    arms: { type: 'string', default: 'none,bn,layerwise,sequential,none+ft,layerwise+ft,sequential+ft' },
    /** Epochs of the arms that are fine-tuned, the same for all. */
    epochs: { type: 'string', default: '2' },
    backend: { type: 'string', default: 'auto' },
    /** Of promises: runs a network that differ in their calibration samples, and the refit of all. */
    draws: { type: 'string', default: '1' },
    refit: { type: 'string', default: 'sequential' },
    /** Of the rivals of promises: as published, and with the refit of the promise. */
    'rival-refits': { type: 'string' },
    load: { type: 'string', multiple: true, default: [] },
  },
})

const list = (text) => text.split(',').filter(Boolean)
const cache = join(root, '.cache', 'reproduce')

/** Appends a line a record: what was killed while it wrote loses its last line and no other. */
function recordsIn(name, keyOfRecord) {
  const file = join(cache, name)
  const records = new Map()
  if (existsSync(file)) {
    for (const line of readFileSync(file, 'utf8').split('\n')) {
      try {
        const record = JSON.parse(line)
        records.set(keyOfRecord(record), record)
      } catch {
        // The last line of a killed run, or the empty one behind the last.
      }
    }
  }
  return {
    records,
    add(record) {
      records.set(keyOfRecord(record), record)
      mkdirSync(cache, { recursive: true })
      appendFileSync(file, `${JSON.stringify(record)}\n`)
    },
  }
}

const loaded = Object.fromEntries(
  values.load.map((text) => [text.slice(0, text.indexOf('=')), text.slice(text.indexOf('=') + 1)]),
)
const say = (text) => process.stderr.write(`${text}\n`)

const places = { cache, backend: values.backend, loaded, say }

const networks = values.quick ? ['lenet'] : list(values.networks)
const seeds = values.quick ? [0] : list(values.seeds).map(Number)

/** Networks of images learn from Fashion-MNIST, networks of texts from what their architecture says. */
function dataOf(network, verification) {
  const text = trainedOn(network, cache)
  if (text) return text
  const name = verification === 10000 ? 'fashion-promise.npz' : 'fashion.npz'
  return fashionFile(values.data, join(cache, name), verification)
}

async function openLab() {
  register()
  const lab = await import('./lab.mjs')
  return lab.openLab(values.backend)
}

async function strategies() {
  if (values.strategies) return list(values.strategies)
  if (values.quick) return [own, 'random', 'l2', 'group-norm']
  return (await espalier(['strategies'], [])).map((strategy) => strategy.name)
}

/** What is told of a cell: the command that makes its network, and which training it starts from. */
const commandOf = (cell, data) =>
  `espalier compress ${cell.network}-${cell.seed}.onnx --data ${data.split(/[\\/]/).at(-1)} ${optionsOf(cell).join(' ')}`

/** The commit that is measured, so that figures of another engine are known as such. */
function code() {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8', stdio: 'pipe' }).trim()
  } catch {
    // A copy without its history.
    return 'unknown'
  }
}

async function measureCells() {
  const cells = cellsOf({
    networks,
    seeds,
    budgets: values.quick ? [0.3] : list(values.keep).map(Number),
    strategies: await strategies(),
    allocations: values.quick ? ['global'] : list(values.allocations),
    arms: values.quick ? ['none', 'sequential'] : list(values.arms),
    epochs: Number(values.epochs),
  })
  const store = recordsIn('cells.jsonl', keyOf)
  const commit = code()
  const lab = values.project ? null : await openLab()
  for (const [i, cell] of cells.entries()) {
    const key = keyOf(cell)
    if (store.records.has(key) && !values.anew) continue
    try {
      const data = dataOf(cell.network, 2000)
      const file = await networkFile(cell.network, cell.seed, data, { ...places, quick: values.quick })
      if (!lab) {
        const out = join(cache, 'runs', key.replace(/[^a-z0-9.+-]/gi, '_'))
        const where = ['--data', data, '--out', out, '--backend', values.backend, '--project', values.project]
        const { exports } = await espalier(['compress', file], [...where, ...optionsOf(cell)])
        say(`${i + 1}/${cells.length} ${key}: ${exports[0].metric}, in the project "${values.project}"`)
        continue
      }
      const measured = await lab.measure(cell, file, data)
      store.add({ ...cell, code: commit, command: commandOf(cell, data), ...measured })
      say(`${i + 1}/${cells.length} ${key}: ${measured.before.toFixed(2)} -> ${measured.after.toFixed(2)}`)
    } catch (error) {
      say(`${i + 1}/${cells.length} ${key}: ${error.stderr?.trim() || error.message}`)
      // What a criterion cannot do (no BatchNorm to scale, a floor above the budget) is no failure of the sweep.
      if (!['NOTHING_PRUNABLE', 'BUDGET_UNREACHABLE'].includes(error.code) && cell.strategy !== scratch)
        process.exitCode = 1
    }
  }
}

if (values.promise) {
  const store = recordsIn('promises.jsonl', (record) => record.key)
  const names = values.strategies ? list(values.strategies) : ['group-norm', 'thinet', 'fisher', 'l1']
  const rivals = names.flatMap((strategy) => list(values.allocations).map((allocation) => ({ strategy, allocation })))
  const lab = await openLab()
  const { refit } = values
  const draws = Number(values.draws)
  await measurePromises({
    store,
    lab,
    draws,
    refit,
    rivalRefits: list(values['rival-refits'] ?? `none,${refit}`),
    networks,
    seeds,
    rivals,
    dataOf,
    places,
    commit: code(),
    anew: values.anew,
  })
} else if (!values.report) {
  await measureCells()
}
if (!values.project) {
  writeResults(
    [...recordsIn('cells.jsonl', keyOf).records.values()],
    [...recordsIn('promises.jsonl', (record) => record.key).records.values()],
    join(root, 'docs'),
  )
}
