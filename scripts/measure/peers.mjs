/**
 * Measures every strategy on the peers' networks and writes docs/results-peers.md and .json.
 *
 *   node scripts/measure/peers.mjs [--peers DIR] [--networks vgg,lenet] [--keep 0.3,0.15] [--strategies a,b] [--arms ...]
 *                                  [--allocation global,uniform]
 *
 * Each cell is one `espalier compress`; accuracies are those of the exported ONNX file in onnxruntime-node on the test
 * split. Finished cells are kept in the JSON and skipped the next time, so the script may be stopped at any moment.
 */
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { ensureNode24 } from '../lib/node24.mjs'
import { writeReport } from './peers-report.mjs'

await ensureNode24()

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')
const records = join(root, 'docs', 'results-peers.json')

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: join(root, '..', 'shared', 'peers') },
    networks: { type: 'string', default: 'vgg,lenet' },
    seeds: { type: 'string', default: '0,1,2' },
    keep: { type: 'string', default: '0.3,0.15,0.5,0.07' },
    strategies: { type: 'string' },
    arms: { type: 'string', default: 'sequential,layerwise,none' },
    /** How criteria share the budget; several: each. */
    allocation: { type: 'string', default: 'global,uniform' },
    /** Epochs of fine-tuning as the peers do it; 0: none. */
    finetune: { type: 'string', default: '0' },
    /** Measure again what is there. */
    anew: { type: 'boolean', default: false },
  },
})

const list = (text) => text.split(',').filter(Boolean)
const dataOf = { vgg: 'fashion.npz', lenet: 'mnist.npz' }
/** Samples an epoch of the peers' fine-tuning. */
const epochOf = { vgg: 4000, lenet: 8000 }

/** The command line from source: no build is needed to measure. */
const cli = ['--import', import.meta.resolve('tsx'), join(root, 'src', 'main', 'cli', 'main.ts')]
const espalier = async (args) => {
  const { stdout } = await run(process.execPath, [...cli, ...args, '--json', '--quiet'], { maxBuffer: 1 << 28 })
  return JSON.parse(stdout)
}

const read = () => (existsSync(records) ? JSON.parse(readFileSync(records, 'utf8')) : { cells: [] })
const write = (document) => {
  writeFileSync(`${records}.tmp`, `${JSON.stringify(document, null, 1)}\n`)
  renameSync(`${records}.tmp`, records)
}

const keyOf = ({ network, seed, strategy, allocation = 'global', refit, keep, finetune }) =>
  [network, seed, strategy, allocation, refit, keep, finetune].join(' ')

async function measure(cell) {
  const { network, seed, strategy, allocation, refit, keep, finetune } = cell
  const out = mkdtempSync(join(tmpdir(), 'espalier-peers-'))
  const model = `${network}_s${seed}.onnx`
  const options = [
    ...[
      '--strategy',
      strategy,
      '--allocation',
      allocation,
      '--refit',
      refit,
      '--keep-macs',
      `${keep}`,
      '--seed',
      `${seed}`,
    ],
    ...(finetune > 0 ? ['--finetune', `${finetune}`, '--finetune-samples', `${epochOf[network]}`, '--lr', '0.02'] : []),
  ]
  try {
    const result = await espalier([
      'compress',
      join(values.peers, model),
      ...['--data', join(values.peers, dataOf[network]), '--out', out],
      ...options,
    ])
    const [file] = result.exports
    return {
      ...cell,
      command: `espalier compress ${model} --data ${dataOf[network]} ${options.join(' ')}`,
      before: result.result.before,
      /** Of the exported file, in the other runtime. */
      after: file.metric,
      engine: result.result.afterRecovery ?? result.result.afterPruning,
      agreement: result.result.agreement,
      kl: result.result.kl,
      samples: result.result.samples,
      macsKept: result.model.after.macs / result.model.before.macs,
      paramsKept: result.model.after.params / result.model.before.params,
      maxRelError: file.maxRelError,
      checkedBy: file.checkedBy,
      backend: result.backend,
      seconds: result.timing.totalMs / 1000,
    }
  } finally {
    rmSync(out, { recursive: true, force: true })
  }
}

const strategies = values.strategies
  ? list(values.strategies)
  : (await espalier(['strategies'])).map((strategy) => strategy.name)

const cells = []
for (const keep of list(values.keep).map(Number)) {
  for (const network of list(values.networks)) {
    for (const strategy of strategies) {
      // The result-oriented decision has one allocation, its own.
      for (const allocation of strategy === 'result-oriented' ? ['global'] : list(values.allocation)) {
        for (const refit of list(values.arms)) {
          for (const seed of list(values.seeds).map(Number)) {
            cells.push({ network, seed, strategy, allocation, refit, keep, finetune: Number(values.finetune) })
          }
        }
      }
    }
  }
}

const document = read()
const done = new Map(document.cells.map((cell) => [keyOf(cell), cell]))
for (const [i, cell] of cells.entries()) {
  const key = keyOf(cell)
  if (done.has(key) && !values.anew) continue
  try {
    const measured = await measure(cell)
    done.set(key, measured)
    process.stderr.write(
      `${i + 1}/${cells.length} ${key}: ${measured.before} -> ${measured.after} at ${measured.macsKept.toFixed(3)} (${measured.seconds.toFixed(0)} s)\n`,
    )
  } catch (error) {
    process.stderr.write(`${i + 1}/${cells.length} ${key}: ${error.stderr ?? error.message}\n`)
    process.exitCode = 1
    continue
  }
  document.cells = [...done.values()]
  write(document)
}
writeFileSync(join(root, 'docs', 'results-peers.md'), writeReport(document.cells))
