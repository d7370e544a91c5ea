/**
 * Structural pruning beside Torch-Pruning: dependency analysis, the whole job, and peak memory.
 * ESPALIER_BENCH_NETWORKS=resnet50,unet measures just these.
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ensureBuilt } from '../lib/build.mjs'
import { bundled } from '../lib/bundle.mjs'
import { inRoot } from '../lib/root.mjs'
import { measured, median, node, ran } from './lib/child.mjs'
import { ratioOf } from './lib/report.mjs'

export const title = 'Structural pruning beside Torch-Pruning'
export const note =
  'Half the MACs by the group norm (l2 of producers, consumers and BatchNorm), the same ratio in every group, one thread. Ours starts from the file on disk and ends with the pruned network in memory (reading, analysis, scoring, surgery); theirs starts from a live module (dependency graph, importance, surgery). CPU milliseconds of the whole process, so that what V8 compiles beside counts too. `warm` is the median of the last seven times of a process that has been at it for 3 s (theirs: of eight, Python compiles nothing on the way), `cold` the first time, after the imports of both sides; `process` is everything from the start of the command line (or of Python) to its end, the second of two times. Peak memory is that of one job. Both sides of a network run one after the other.'

const names = (
  process.env.ESPALIER_BENCH_NETWORKS?.replaceAll(',', ' ') ??
  'resnet18 resnet50 mobilenet_v2 efficientnet_b0 regnet_y_400mf densenet121 convnext_tiny googlenet unet dcgan textcnn poolformer_block'
).split(' ')

const pythonScript = inRoot('scripts/zoo/torch_pruning.py')
const exporter = inRoot('scripts/zoo/export.py')

const repeats = 8

const warm = (runs, key) => median(runs.slice(-7).map((each) => each[key]))

const oursOf = (file, times, bundle, ...more) =>
  node(join(import.meta.dirname, 'structure/ours.mjs'), [file, String(times), ...more], {
    env: { ESPALIER_BUNDLE: bundle },
  })

const theirArgs = (name, times) => ['-W', 'ignore', pythonScript, '-', '--one', name, '--repeats', String(times)]
const oneThread = { env: { OMP_NUM_THREADS: '1' }, seconds: 600 }
const theirsOf = (name, times, python) => measured(python, theirArgs(name, times), oneThread)

/** CPU milliseconds of a program from its start to its end, the second of two times. */
async function processOf(command, args, options) {
  const quoted = [command, ...args].map((each) => `'${each}'`).join(' ')
  const script = `TIMEFORMAT='%U %S'; { time ${quoted} >/dev/null 2>&1; } 2>&1`
  await ran('bash', ['-c', script], options)
  const [user, system] = (await ran('bash', ['-c', script], options)).trim().split(' ').map(Number)
  return 1000 * (user + system)
}

/** The command line as users call it, to the written file; theirs is a script that imports, builds the network and prunes. */
async function processesOf(name, file, python) {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'))
  const args = ['prune', file, '--strategy', 'group-norm', '--allocation', 'uniform', '--keep-macs', '0.5', '--quiet']
  try {
    const out = ['--out', join(folder, 'pruned.onnx')]
    return {
      ours: await processOf(process.execPath, [inRoot('out/main/cli.js'), ...args, ...out]),
      theirs: await processOf(python, theirArgs(name, 1), oneThread),
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

export async function run({ quick, python, log }) {
  const bundle = await bundled(inRoot('scripts/zoo/api.ts'))
  if (quick || !python) {
    const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'))
    try {
      const file = join(folder, 'small.onnx')
      await node(join(import.meta.dirname, 'structure/small.mjs'), [file], { env: { ESPALIER_BUNDLE: bundle } })
      const { runs, peakMb } = await oursOf(file, 3, bundle)
      return [
        { name: 'a residual network of 116 nodes, cold', ours: runs[0].wholeMs, unit: 'ms' },
        { name: 'a residual network of 116 nodes, warm', ours: warm(runs, 'wholeMs'), unit: 'ms' },
        { name: 'a residual network of 116 nodes, peak memory', ours: peakMb, unit: 'MB' },
      ]
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const folder = inRoot('.cache/bench/zoo')
  mkdirSync(folder, { recursive: true })
  const rows = []
  const ratios = { analysis: [], warm: [], cold: [], process: [], peak: [] }
  ensureBuilt('node')
  for (const name of names) {
    const file = join(folder, `${name}.old.onnx`)
    if (!existsSync(file)) {
      log(`  exporting ${name}`)
      await ran(python, ['-W', 'ignore', exporter, folder, '--only', name]).catch(() => undefined)
    }
    if (!existsSync(file)) continue
    const theirs = await theirsOf(name, repeats, python).catch((error) => ({ error: String(error).slice(0, 80) }))
    const ours = await oursOf(file, repeats, bundle)
    if (theirs.error) {
      const note = `Torch-Pruning: ${theirs.error}`
      rows.push({ name: `${name}: whole, warm`, ours: warm(ours.runs, 'wholeMs'), unit: 'ms', note })
      continue
    }
    const analysis = await oursOf(file, repeats, bundle, 'analysis')
    const theirMs = theirs.runs.map((each) => ({ analysis: 1000 * each.analysis, whole: 1000 * each.total }))
    const processes = await processesOf(name, file, python)
    const push = (kind, what, mine, other, atLeast, unit = 'ms') => {
      const row = { name: `${name}: ${what}`, ours: mine, peer: other, peerName: 'Torch-Pruning', unit, atLeast }
      rows.push(row)
      ratios[kind].push(ratioOf(row))
    }
    push('analysis', 'analysis, warm', warm(analysis.runs, 'analysisMs'), warm(theirMs, 'analysis'), 1)
    push('warm', 'whole, warm', warm(ours.runs, 'wholeMs'), warm(theirMs, 'whole'), 1)
    push('cold', 'whole, cold', ours.runs[0].wholeMs, theirMs[0].whole)
    push('process', 'process', processes.ours, processes.theirs, 1)
    push('peak', 'peak memory', ours.peakMb, theirs.peakMb, 1, 'MB')
    const last = Object.entries(ratios).map(([kind, list]) => `${kind} ${list.at(-1).toFixed(1)}`)
    log(`  ${name}: ${last.join(', ')} times`)
  }
  if (rows.length === 0) return rows
  const overall = (kind, what, atLeast) => ({
    name: `${what}, median of ${ratios[kind].length} networks`,
    ours: median(ratios[kind]),
    unit: 'times',
    target: atLeast,
    better: 'more',
    note: `least ${Math.min(...ratios[kind]).toFixed(2)}, most ${Math.max(...ratios[kind]).toFixed(1)}`,
  })
  return [
    overall('analysis', 'dependency analysis, warm', 5),
    overall('warm', 'whole, warm', 2),
    overall('process', 'whole process', 2),
    overall('cold', 'whole, cold'),
    overall('peak', 'peak memory', 1),
    ...rows,
  ]
}
