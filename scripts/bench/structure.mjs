/** Structural pruning beside Torch-Pruning: dependency analysis, the whole job, and peak memory. */
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
  'Half the MACs by the group norm (l2 of producers, consumers and BatchNorm), the same ratio in every group, one thread. Ours starts from the file on disk and ends with the pruned network in memory (reading, analysis, scoring, surgery); theirs starts from a live module (dependency graph, importance, surgery). `cold` is the first time in a process, after the imports of both sides; `warm` the best of the times after it. Wall milliseconds, each network and side in a process of its own, both sides one after the other.'

const names = (
  'resnet18 resnet50 mobilenet_v2 mobilenet_v3_large densenet121 vgg16_bn alexnet squeezenet1_1 mnasnet1_0 efficientnet_b0 regnet_y_400mf ' +
  'regnet_x_400mf convnext_tiny googlenet inception_v3 ghostnet_100 dla34 mobilenetv1_100 unet dcgan yolo_like textcnn poolformer_block'
).split(' ')

const pythonScript = inRoot('scripts/zoo/torch_pruning.py')
const exporter = inRoot('scripts/zoo/export.py')

async function oursOf(file, repeats, bundle) {
  return node(join(import.meta.dirname, 'structure/ours.mjs'), [file, String(repeats)], {
    env: { ESPALIER_BUNDLE: bundle },
  })
}

async function theirsOf(name, repeats, python) {
  const args = ['-W', 'ignore', pythonScript, '-', '--one', name, '--repeats', String(repeats)]
  return measured(python, args, { env: { OMP_NUM_THREADS: '1' }, seconds: 300 })
}

const best = (list) => Math.min(...list)

/** Networks of which the whole process is timed too, from its start to the written file. */
const wholeProcesses = ['mobilenet_v2', 'resnet50']

/** The command line as users call it, the second of two times; theirs is a script that imports, builds and prunes. */
async function processOf(name, file, python) {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'))
  const args = ['prune', file, '--strategy', 'group-norm', '--allocation', 'uniform', '--keep-macs', '0.5', '--quiet']
  const timed = async (work) => {
    await work()
    const started = performance.now()
    await work()
    return performance.now() - started
  }
  try {
    const ours = await timed(() =>
      ran(process.execPath, [inRoot('out/main/cli.js'), ...args, '--out', join(folder, 'pruned.onnx')]),
    )
    const peer = await timed(() => theirsOf(name, 1, python))
    return { name: `${name}: whole process`, ours, peer, peerName: 'Torch-Pruning', unit: 'ms', atLeast: 1 }
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
        { name: 'a residual network of 116 nodes, warm', ours: best(runs.map((each) => each.wholeMs)), unit: 'ms' },
        { name: 'a residual network of 116 nodes, peak memory', ours: peakMb, unit: 'MB' },
      ]
    } finally {
      rmSync(folder, { recursive: true })
    }
  }
  const folder = inRoot('.cache/bench/zoo')
  mkdirSync(folder, { recursive: true })
  const rows = []
  const ratios = { analysis: [], cold: [], warm: [], cpu: [], peak: [] }
  for (const name of names) {
    const file = join(folder, `${name}.old.onnx`)
    if (!existsSync(file)) {
      log(`  exporting ${name}`)
      await ran(python, ['-W', 'ignore', exporter, folder, '--only', name]).catch(() => undefined)
    }
    if (!existsSync(file)) continue
    const theirs = await theirsOf(name, 3, python).catch((error) => ({ error: String(error).slice(0, 80) }))
    const ours = await oursOf(file, 8, bundle)
    const [first, ...later] = ours.runs
    if (theirs.error) {
      rows.push({
        name: `${name}: whole, cold`,
        ours: first.wholeMs,
        unit: 'ms',
        note: `Torch-Pruning: ${theirs.error}`,
      })
      continue
    }
    const [cold, ...warm] = theirs.runs
    const push = (kind, what, mine, other, atLeast, unit = 'ms') => {
      const row = { name: `${name}: ${what}`, ours: mine, peer: other, peerName: 'Torch-Pruning', unit, atLeast }
      rows.push(row)
      ratios[kind].push(ratioOf(row))
    }
    push('analysis', 'analysis, cold', first.analysisMs, cold.analysisMs, 1)
    push('cold', 'whole, cold', first.wholeMs, cold.totalMs, 1)
    push('warm', 'whole, warm', best(later.map((each) => each.wholeMs)), best(warm.map((each) => each.totalMs)), 1)
    ratios.cpu.push((1000 * cold.total) / first.cpuMs)
    push('peak', 'peak memory', ours.peakMb, theirs.peakMb, 1, 'MB')
    log(
      `  ${name}: analysis ${ratios.analysis.at(-1).toFixed(1)}, whole cold ${ratios.cold.at(-1).toFixed(1)}, warm ${ratios.warm.at(-1).toFixed(1)} times`,
    )
  }
  ensureBuilt('node')
  for (const name of wholeProcesses) {
    const file = join(folder, `${name}.old.onnx`)
    if (existsSync(file)) rows.push(await processOf(name, file, python))
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
    overall('analysis', 'dependency analysis', 5),
    overall('cold', 'whole, cold', 2),
    overall('warm', 'whole, warm', 2),
    overall('cpu', 'whole, cold, time of all processors (our compiler works beside)', 1),
    overall('peak', 'peak memory', 1),
    ...rows,
  ]
}
