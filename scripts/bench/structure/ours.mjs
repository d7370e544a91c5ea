/** Reads and prunes one file again and again; prints { runs, peakMb } as JSON. usage: ours.mjs FILE REPEATS */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'

const [file, repeats] = process.argv.slice(2)
const { prune, readModel, writeModel } = await import(process.env.ESPALIER_BUNDLE)
const config = {
  strategy: 'group-norm',
  allocation: 'uniform',
  goal: { kind: 'keep-macs', value: 0.5 },
  roundTo: 1,
  protect: [],
  seed: 0,
}
const cpuMs = () => process.cpuUsage().user / 1000 + process.cpuUsage().system / 1000
const runs = []
let peakMb = 0
for (let i = 0; i < Number(repeats); i++) {
  const cpu = cpuMs()
  const started = performance.now()
  const { graph } = await readModel({ name: basename(file), bytes: readFileSync(file), movable: true })
  const read = performance.now()
  const pruned = prune(graph, config)
  const done = performance.now()
  const cpuOfWhole = cpuMs() - cpu
  // Memory of one job, before the next one starts.
  if (i === 0) peakMb = process.resourceUsage().maxRSS / 1024
  await writeModel(pruned.graph, 'onnx', 'pruned')
  const written = performance.now()
  const { analysisMs, decisionMs, surgeryMs } = pruned.timing
  runs.push({
    readMs: read - started,
    analysisMs,
    decisionMs,
    surgeryMs,
    wholeMs: done - started,
    cpuMs: cpuOfWhole,
    writeMs: written - done,
    macs: pruned.model.after.macs / pruned.model.before.macs,
  })
  globalThis.gc?.()
}
console.log(JSON.stringify({ runs, peakMb }))
