/**
 * One model of the zoo, in a process of its own so that its peak memory is its own: read, analyse, prune at the given
 * shares of MACs, write, and (with --check) run pruned and masked in ONNX Runtime. Prints one JSON line.
 *
 * usage: node scripts/zoo/one.mjs FILE [--keep 0.5,...] [--strategy l2] [--allocation uniform] [--check]
 */
import { readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { bundled } from '../lib/bundle.mjs'

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    keep: { type: 'string', default: '0.5' },
    strategy: { type: 'string', default: 'l2' },
    allocation: { type: 'string', default: 'uniform' },
    check: { type: 'boolean', default: false },
  },
})
const [file] = positionals
const { analyseCoupling, costOf, createCostModel, inEnglish, maskPlan, prune, readModel, writeModel } = await import(
  process.env.ESPALIER_BUNDLE ?? (await bundled(join(import.meta.dirname, 'api.ts')))
)
const clock = () => performance.now()
const cpuMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000

/**
 * Seeded noise for every input: small floats, or ids that every table has.
 * @param ones whole numbers of all inputs but the first are ones: masks that names do not tell
 */
function samples(graph, ort, ones = false) {
  let state = 12345
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state / 2 ** 32
  }
  const rows = graph.nodes.flatMap(({ op, inputs }) => {
    const table = op === 'Gather' ? graph.constants.get(inputs[0]) : undefined
    return table?.dims.length === 2 ? [table.dims[0]] : []
  })
  const ids = Math.min(50, ...rows)
  return Object.fromEntries(
    graph.inputs.map(({ name, dtype, shape }) => {
      const dims = shape.map((dim) => (typeof dim === 'number' ? dim : 1))
      const count = dims.reduce((a, b) => a * b, 1)
      if (dtype === 'int32') {
        return [
          name,
          new ort.Tensor(
            'int32',
            Int32Array.from({ length: count }, () => Math.floor(random() * ids)),
            dims,
          ),
        ]
      }
      if (dtype === 'int64') {
        // Masks are ones; everything else of whole numbers is taken for token ids.
        const mask = /mask|input1/.test(name) || (ones && name !== graph.inputs[0].name)
        const data = BigInt64Array.from({ length: count }, () => (mask ? 1n : BigInt(Math.floor(random() * ids))))
        return [name, new ort.Tensor('int64', data, dims)]
      }
      return [
        name,
        new ort.Tensor(
          'float32',
          Float32Array.from({ length: count }, () => 2 * random() - 1),
          dims,
        ),
      ]
    }),
  )
}

/**
 * Stored vectors moved off their initial values and empty matrices filled, so that the comparison sees every one of
 * them: a fresh network's biases and shifts are zero, and some heads start as zeros altogether.
 */
function shaken(graph, coupling) {
  const bound = new Set(coupling.bindings.map((binding) => binding.constant))
  let state = 777
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0
    return state / 2 ** 32
  }
  const constants = new Map(
    [...graph.constants].map(([name, constant]) => {
      const vector = constant.dims.filter((dim) => dim > 1).length === 1
      if (!bound.has(name) || constant.dtype !== 'float32' || (!vector && constant.data.some((value) => value !== 0)))
        return [name, constant]
      return [
        name,
        { ...constant, data: constant.data.map((value) => value * (0.8 + 0.4 * random()) + 0.1 * random()) },
      ]
    }),
  )
  return graph.with({ constants })
}

const picks = new Set(['NonMaxSuppression', 'TopK'])

/**
 * What is compared. A detector answers with the boxes whose scores are best, and equal scores may be ordered otherwise
 * after rounding: there it is what the first operators read that pick.
 */
function judged(graph) {
  const behind = new Set()
  const read = new Set()
  for (const node of graph.nodes) {
    const pick = picks.has(node.op)
    const from = node.inputs.some((name) => behind.has(name))
    if (pick && !from) {
      for (const name of node.inputs.slice(0, node.op === 'TopK' ? 1 : 2)) if (graph.producer(name)) read.add(name)
    }
    if (pick || from) for (const name of node.outputs) behind.add(name)
  }
  const outputs = graph.outputs.filter(({ name }) => !behind.has(name))
  return read.size === 0 ? graph : graph.with({ outputs: [...outputs, ...[...read].map((name) => graph.info(name))] })
}

async function run(whole, ort, feeds) {
  const graph = judged(whole)
  const [{ bytes }] = await writeModel(graph, 'onnx', 'network')
  const session = await ort.InferenceSession.create(bytes, { logSeverityLevel: 3, intraOpNumThreads: 1 })
  const result = await session.run(feeds)
  await session.release()
  return graph.outputs.map(({ name }) => result[name])
}

/** Largest difference over all outputs, relative to the largest value. */
function deviation(pruned, masked) {
  let scale = 0
  let most = 0
  pruned.forEach((tensor, o) => {
    const other = masked[o]
    if (tensor.dims.join() !== other.dims.join()) throw new Error(`output ${o}: [${tensor.dims}] and [${other.dims}]`)
    for (let i = 0; i < tensor.data.length; i++) {
      scale = Math.max(scale, Math.abs(Number(other.data[i])))
      most = Math.max(most, Math.abs(Number(tensor.data[i]) - Number(other.data[i])))
    }
  })
  return scale === 0 ? most : most / scale
}

/** The plan behind a pruning, from what it kept. */
function planOf(coupling, kept) {
  const removed = new Uint8Array(coupling.units + 1)
  for (const group of coupling.groups) {
    const stays = new Set(kept[group.name])
    group.units.forEach((unit, i) => {
      if (unit > 0 && !stays.has(i)) removed[unit] = 1
    })
  }
  return removed
}

// A file of TensorFlow.js is called after its folder.
const named = basename(file) === 'model.json' ? dirname(file) : file
const report = { model: basename(named).replace(/\.onnx$/, ''), results: [] }
try {
  const started = clock()
  const cpuStarted = cpuMs()
  const { graph: read, notes } = await readModel({ name: basename(file), bytes: readFileSync(file) }, async (name) =>
    readFileSync(join(dirname(file), name)),
  )
  report.readMs = clock() - started
  const graph = values.check ? shaken(read, analyseCoupling(read)) : read
  const analysing = clock()
  const coupling = analyseCoupling(graph)
  report.analysisMs = clock() - analysing
  const cost = createCostModel(graph, coupling)
  const prunable = coupling.groups.filter((group) => group.prunable)
  report.notes = notes.map(inEnglish)
  report.nodes = graph.nodes.length
  report.macs = cost.original.macs
  report.params = cost.original.params
  report.groups = coupling.groups.length
  report.prunable = prunable.length
  report.reasons = [...new Set(coupling.groups.flatMap((group) => (group.reason ? [inEnglish(group.reason)] : [])))]
  // What is left when all but one unit of every group are gone.
  for (const group of prunable) for (const unit of group.units.filter((id) => id > 0).slice(1)) cost.remove(unit)
  report.share = 1 - cost.macs / cost.original.macs
  const ort = values.check ? await import('onnxruntime-node') : null
  for (const keep of values.keep.split(',').map(Number)) {
    const entry = { keep }
    report.results.push(entry)
    try {
      const start = clock()
      const goal = { kind: 'keep-macs', value: keep }
      const outcome = prune(graph, {
        strategy: values.strategy,
        allocation: values.allocation,
        goal,
        roundTo: 1,
        protect: [],
        seed: 0,
      })
      entry.pruneMs = clock() - start
      entry.macs = costOf(outcome.graph).macs / report.macs
      const writing = clock()
      await writeModel(outcome.graph, 'onnx', 'network')
      entry.writeMs = clock() - writing
      if (report.cpuMs === undefined) {
        report.cpuMs = cpuMs() - cpuStarted
        report.totalMs = clock() - started
        report.peakMb = process.resourceUsage().maxRSS / 1024
      }
      if (!ort) continue
      const removed = planOf(coupling, outcome.kept)
      const allFinite = (tensors) => tensors.every(({ data }) => data.every((value) => Number.isFinite(Number(value))))
      let feeds = samples(graph, ort)
      if (!allFinite(await run(graph, ort, feeds))) feeds = samples(graph, ort, true)
      const pruned = await run(outcome.graph, ort, feeds)
      const masked = await run(maskPlan(graph, coupling, { removed }), ort, feeds)
      entry.finite = allFinite(pruned)
      entry.deviation = deviation(pruned, masked)
    } catch (error) {
      entry.error = `${error.code ?? error.name}: ${error.message}`.slice(0, 300)
    }
  }
} catch (error) {
  report.error = `${error.code ?? error.name}: ${error.message}`.slice(0, 300)
}
console.log(JSON.stringify(report))
