/**
 * `npm run bench`: every benchmark beside its peer in one run, and docs/benchmarks.md from what was measured.
 *
 *   npm run bench [-- --quick] [--only NAME,...] [--out FOLDER]
 *
 * A benchmark is a module of this folder: `title`, and `run({ quick, python, log, keep })` that answers rows
 * { name, ours, unit, target?, peer?, peerName?, better?, atLeast?, note? }: `target` is what ours must reach, `atLeast`
 * how many times better than the peer it must be, and `better` says whether less (the default) or more is better. With
 * `pictures(rows)` it also answers { name, title, text }: SVG files that are written beside the page and shown in it.
 * `keep(rows)` may be called with what there is so far: it is written at once.
 * The peers run in a Python of their own: ESPALIER_BENCH_PYTHON, or one that is set up under .cache at the first run.
 * `--quick` measures next to nothing, without Python and without writing (but to --out): it shows that everything runs.
 */
import { readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { ensureNode24 } from '../lib/node24.mjs'
import { inRoot, root } from '../lib/root.mjs'
import { findPython } from './lib/python.mjs'
import { describeMachine, record, shown } from './lib/report.mjs'

await ensureNode24()

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    out: { type: 'string' },
  },
})
const log = (text) => process.stderr.write(`${text}\n`)
const own = basename(import.meta.filename)
const all = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.mjs') && name !== own)
  .map((name) => name.replace(/\.mjs$/, ''))
  .sort()
const wanted = values.only?.split(',') ?? all
const strangers = wanted.filter((name) => !all.includes(name))
if (strangers.length > 0) {
  log(`There is no benchmark named ${strangers.join(', ')}; there are ${all.join(', ')}.`)
  process.exit(2)
}

const python = values.quick ? null : await findPython(log)
const machine = await describeMachine(python)
const folder = values.out ?? (values.quick ? undefined : inRoot('docs'))
let failed = 0
for (const name of wanted) {
  const bench = await import(pathToFileURL(join(import.meta.dirname, `${name}.mjs`)).href)
  const title = bench.title ?? name
  log(`\n${title}`)
  const started = performance.now()
  const entry = { name, title, note: bench.note, quick: values.quick }
  let rows = []
  /** Those that tell of each row keep what they have measured when they are cut off. */
  const keep = (measured) => {
    rows = [...measured]
    const seconds = (performance.now() - started) / 1000
    if (folder) record(folder, { ...entry, rows, seconds, error: `cut off after ${rows.length} rows` }, machine)
  }
  try {
    entry.rows = await bench.run({ quick: values.quick, python, log, keep })
    entry.pictures = bench.pictures?.(entry.rows)
  } catch (error) {
    failed++
    entry.rows = rows
    entry.error = String(error.stack ?? error)
      .split('\n')[0]
      .replaceAll(root, '.')
    log(String(error.stack ?? error))
  }
  entry.seconds = (performance.now() - started) / 1000
  for (const row of entry.rows) log(`  ${shown(row)}`)
  log(`  (${entry.seconds.toFixed(0)} s)`)
  if (folder) record(folder, entry, machine)
}
process.exit(failed > 0 ? 1 : 0)
