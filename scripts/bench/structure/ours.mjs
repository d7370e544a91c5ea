/**
 * Reads and prunes one file again and again, or only analyses it; prints { runs, peakMb } as JSON, times in CPU
 * milliseconds of the whole process (compiler and collector included).
 * Small networks are repeated more often than asked for, for 3 s, until V8 has compiled what they need.
 * usage: ours.mjs FILE REPEATS [analysis]
 */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

const [file, repeats, only] = process.argv.slice(2)
const { analyseCoupling, createCostModel, prune, readModel, writeModel } = await import(process.env.ESPALIER_BUNDLE)
const config = {
  strategy: 'group-norm',
  allocation: 'uniform',
  goal: { kind: 'keep-macs', value: 0.5 },
  roundTo: 1,
  protect: [],
  seed: 0,
}
const cpuMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000
const read = async () => (await readModel({ name: basename(file), bytes: readFileSync(file), movable: true })).graph
const runs = []
const started = cpuMs()
const goesOn = () => runs.length < Number(repeats) || cpuMs() - started < 3000
let peakMb = 0
if (only === 'analysis') {
  const graph = await read()
  while (goesOn()) {
    const before = cpuMs()
    createCostModel(graph, analyseCoupling(graph))
    runs.push({ analysisMs: cpuMs() - before })
  }
} else {
  while (goesOn()) {
    const before = cpuMs()
    const wall = performance.now()
    const graph = await read()
    const wasRead = cpuMs()
    const pruned = prune(graph, config)
    const done = cpuMs()
    const wallMs = performance.now() - wall
    // Memory of one job, before the next one starts.
    if (runs.length === 0) peakMb = process.resourceUsage().maxRSS / 1024
    await writeModel(pruned.graph, 'onnx', 'pruned')
    runs.push({
      readMs: wasRead - before,
      pruneMs: done - wasRead,
      wholeMs: done - before,
      wallMs,
      writeMs: cpuMs() - done,
      macs: pruned.model.after.macs / pruned.model.before.macs,
    })
  }
}
console.log(JSON.stringify({ runs, peakMb }))
