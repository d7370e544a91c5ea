/**
 * Prunes every ONNX file (or Keras one, or folder of TensorFlow.js) of a folder at 70, 50 and 30 % of its MACs, checks pruned against masked in ONNX Runtime, and
 * writes docs/coverage.json and docs/coverage.md.
 *
 * usage: node scripts/zoo/run.mjs FOLDER [--only NAME,...] [--keep 0.7,0.5,0.3] [--strategy l2] [--anew] [--set wide|further|more|unseen|adverse|papers|later|tasks|guests|keras|tensorflow]
 *
 * `--set`: the folder holds another zoo (`export.py --set ...`), which is pruned to 50 % and kept in docs/coverage-SET.json.
 * Models that are in the JSON already are skipped unless --anew is given; Torch-Pruning's side of the table comes from
 * docs/coverage-torch-pruning.json, which scripts/zoo/torch_pruning.py writes.
 */
import { execFile } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs, promisify } from 'node:util'
import { bundled } from '../lib/bundle.mjs'
import { writeCoverage } from './report.mjs'

const run = promisify(execFile)
const root = join(import.meta.dirname, '..', '..')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string' },
    keep: { type: 'string' },
    strategy: { type: 'string', default: 'l2' },
    anew: { type: 'boolean', default: false },
    set: { type: 'string' },
  },
})
const [folder] = positionals
const records = join(root, 'docs', values.set ? `coverage-${values.set}.json` : 'coverage.json')
const shares = values.keep ?? (values.set ? '0.5' : '0.7,0.5,0.3')
if (!folder) throw new Error('usage: node scripts/zoo/run.mjs FOLDER [--only NAME,...]')

const known = existsSync(records) ? JSON.parse(readFileSync(records, 'utf8')) : { models: [] }
const models = new Map(known.models.map((entry) => [entry.model, entry]))
const wanted = values.only?.split(',')
const files = readdirSync(folder)
  .filter((name) => /\.(onnx|keras|h5|tfjs)$/.test(name) && (!wanted || wanted.some((part) => name.startsWith(part))))
  .map((name) => (name.endsWith('.tfjs') ? join(folder, name, 'model.json') : join(folder, name)))
  .sort((a, b) => statSync(a).size - statSync(b).size)

const env = { ...process.env, ESPALIER_BUNDLE: await bundled(join(import.meta.dirname, 'api.ts')) }
for (const file of files) {
  const model = file
    .replace(/\/model\.json$/, '')
    .replace(/^.*\//, '')
    .replace(/\.onnx$/, '')
  if (models.has(model) && !values.anew) continue
  const one = [join(import.meta.dirname, 'one.mjs'), file, '--check', '--keep', shares, '--strategy', values.strategy]
  let entry
  try {
    const { stdout } = await run(process.execPath, one, { cwd: root, maxBuffer: 2 ** 26, env })
    entry = JSON.parse(stdout.trim().split('\n').at(-1))
  } catch (error) {
    entry = { model, results: [], error: `the process ended: ${String(error.message).slice(0, 200)}` }
  }
  entry.bytes = statSync(file).size
  models.set(model, entry)
  const at50 = entry.results.find((result) => result.keep === 0.5)
  console.log(
    model,
    entry.error ?? at50?.error ?? `${at50?.macs.toFixed(3)} ${at50?.deviation?.toExponential(1)}`,
    `${Math.round(entry.totalMs ?? 0)} ms, ${Math.round(entry.peakMb ?? 0)} MB`,
  )
  const sorted = [...models.values()].sort((a, b) => a.model.localeCompare(b.model))
  writeFileSync(records, `${JSON.stringify({ ...known, models: sorted }, null, 1)}\n`)
}
writeCoverage(root)
