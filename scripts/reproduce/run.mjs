/**
 * `npm run reproduce`: networks x strategies x budgets x seeds on equal terms, written to docs/results.md.
 *
 *   npm run reproduce -- [--quick] [--data DATA] [--networks lenet,...] [--keep 0.7,...] [--seeds 0,1,2]
 *                        [--strategies a,b] [--allocations global,uniform] [--finetune 2] [--backend auto] [--report]
 *
 * Trains the networks where they are not there (.cache/reproduce), then measures cell by cell; a cell is one
 * `espalier compress`. Finished cells lie in docs/results.json and are skipped the next time, so that it may be stopped at
 * any moment. --quick: one network, seed and budget, few strategies. --report: writes the page from what is there.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { ensureNode24 } from '../lib/node24.mjs'
import { espalier, root } from './espalier.mjs'
import { writeResults } from './report.mjs'

await ensureNode24()

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    report: { type: 'boolean', default: false },
    data: { type: 'string' },
    networks: { type: 'string', default: 'lenet,vgg-small,resnet-small,mobilenet-small' },
    keep: { type: 'string', default: '0.7,0.5,0.3,0.15,0.07' },
    seeds: { type: 'string', default: '0,1,2' },
    strategies: { type: 'string' },
    allocations: { type: 'string', default: 'global,uniform' },
    /** Epochs after pruning, the same for all; 0 is measured as well. */
    finetune: { type: 'string', default: '2' },
    epochs: { type: 'string', default: '6' },
    samples: { type: 'string', default: '12000' },
    backend: { type: 'string', default: 'auto' },
    records: { type: 'string', default: join(root, 'docs', 'results.json') },
  },
})

const list = (text) => text.split(',').filter(Boolean)
const installed = '/usr/share/datasets/fashion-mnist'

function findData() {
  if (values.data) return values.data
  if (existsSync(installed)) return installed
  process.stderr.write(
    `There is no data: install Debian's dataset-fashion-mnist (it is looked for in ${installed}) or give --data DATA.\n`,
  )
  process.exit(1)
}

const read = () => (existsSync(values.records) ? JSON.parse(readFileSync(values.records, 'utf8')) : { cells: [] })
function write(document) {
  writeFileSync(`${values.records}.tmp`, `${JSON.stringify(document, null, 1)}\n`)
  renameSync(`${values.records}.tmp`, values.records)
}

/** The trained network, made where it is not there. */
async function networkFile(architecture, seed, data) {
  const folder = join(root, '.cache', 'reproduce')
  const file = join(folder, `${architecture}-${seed}.onnx`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  process.stderr.write(`Training ${architecture}, seed ${seed}\n`)
  const settings = ['--epochs', values.quick ? '1' : values.epochs, '--samples', values.quick ? '4000' : values.samples]
  await espalier(
    ['train', '--architecture', architecture, '--data', data, '--out', `${file}.part.onnx`],
    [...settings, '--seed', `${seed}`, '--backend', values.backend],
  )
  renameSync(`${file}.part.onnx`, file)
  return file
}

const keyOf = (cell) =>
  [cell.network, cell.seed, cell.strategy, cell.allocation, cell.refit, cell.keep, cell.finetune].join(' ')

async function measure(cell, data) {
  const out = join(root, '.cache', 'reproduce', 'out')
  rmSync(out, { recursive: true, force: true })
  const options = [
    ...['--strategy', cell.strategy, '--allocation', cell.allocation, '--refit', cell.refit],
    ...['--keep-macs', `${cell.keep}`, '--seed', `${cell.seed}`],
    ...(cell.finetune > 0 ? ['--finetune', `${cell.finetune}`, '--finetune-samples', '4000', '--lr', '0.02'] : []),
  ]
  const file = await networkFile(cell.network, cell.seed, data)
  const result = await espalier(['compress', file, '--data', data, '--out', out, '--backend', values.backend], options)
  const trace = JSON.parse(readFileSync(join(out, 'trace.json'), 'utf8'))
  return {
    ...cell,
    command: `espalier compress ${cell.network}-${cell.seed}.onnx --data DATA ${options.join(' ')}`,
    before: result.result.before,
    after: result.exports[0].metric,
    agreement: result.result.agreement,
    kl: result.result.kl,
    samples: result.result.samples,
    macsKept: result.model.after.macs / result.model.before.macs,
    paramsKept: result.model.after.params / result.model.before.params,
    seconds: result.timing.totalMs / 1000,
    backend: result.backend,
    checkpoints: trace.checkpoints,
    ...(cell.strategy === 'result-oriented' && trace.correlation.groups.length > 0
      ? { correlation: trace.correlation }
      : {}),
  }
}

async function cellsOf() {
  const names = values.strategies
    ? list(values.strategies)
    : values.quick
      ? ['result-oriented', 'random', 'l2', 'group-norm']
      : (await espalier(['strategies'], [])).map((strategy) => strategy.name)
  const networks = values.quick ? ['lenet'] : list(values.networks)
  const seeds = values.quick ? [0] : list(values.seeds).map(Number)
  const budgets = values.quick ? [0.3] : list(values.keep).map(Number)
  const epochs = values.quick ? [0] : [...new Set([0, Number(values.finetune)])]
  const cells = []
  for (const keep of budgets) {
    for (const network of networks) {
      for (const seed of seeds) {
        for (const finetune of epochs) {
          for (const strategy of names) {
            // The result-oriented decision has one allocation, its own; training from scratch has no refit.
            const own = strategy === 'result-oriented'
            const anew = strategy === 'scratch'
            if (anew && finetune === 0) continue
            for (const allocation of own ? ['global'] : anew ? ['uniform'] : list(values.allocations)) {
              for (const refit of own ? ['sequential'] : anew ? ['none'] : ['sequential', 'none']) {
                cells.push({ network, seed, strategy, allocation, refit, keep, finetune })
              }
            }
          }
        }
      }
    }
  }
  return cells
}

const document = read()
if (!values.report) {
  const data = findData()
  const done = new Map(document.cells.map((cell) => [keyOf(cell), cell]))
  const cells = await cellsOf()
  for (const [i, cell] of cells.entries()) {
    const key = keyOf(cell)
    if (done.has(key)) continue
    try {
      const measured = await measure(cell, data)
      done.set(key, measured)
      document.cells = [...done.values()]
      write(document)
      process.stderr.write(`${i + 1}/${cells.length} ${key}: ${measured.before} -> ${measured.after}\n`)
    } catch (error) {
      process.stderr.write(`${i + 1}/${cells.length} ${key}: ${error.stderr?.trim() || error.message}\n`)
      process.exitCode = 1
    }
  }
}
writeResults(document.cells, join(root, 'docs'))
