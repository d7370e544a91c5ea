/** Latency of an exported network beside that of the network it was pruned from, in the runtimes it is proven in. */
import type { ExportLatency, ExportResult } from '../../contract/run'
import type { Batch } from '../../engine/data/types'
import { type Latency, measureLatency } from '../../engine/evaluation/latency'
import { writeModel } from '../../engine/formats'
import type { Graph } from '../../engine/graph/graph'
import { createSession } from '../../engine/runtime'
import { startBackend } from './backend'
import { onnxRuntimeName, openOnnxRunner } from './onnx-runtime'
import { type Runner, throwIfCancelled } from './parity'

export interface LatencyRequest {
  /** The network before pruning; null where the exported one was not pruned here. */
  readonly before: Graph | null
  readonly after: Graph
  /** One sample, or as many as the network takes at once. */
  readonly sample: Batch
  readonly signal?: AbortSignal | undefined
}

/** One thread, so that what is measured is the network and not the machine's other work. */
const threads = 1
const warmup = 3
const [fewest, most] = [7, 50]
/** About so long is measured in all; slow networks get fewer rounds. */
const wantedMs = 4000

interface Place {
  readonly runtime: string
  readonly before: Runner | null
  readonly after: Runner
}

const summary = ({ median, low, high }: Latency) => ({ median, low, high })

/**
 * Adds what was measured to each result: ONNX Runtime for ONNX files, and for every format the engine itself, whose
 * program is what a TF.js file holds. All networks take turns, so that drift of the machine strikes them alike.
 * @throws CANCELLED, and what loading the networks raises
 */
export async function withLatency(results: readonly ExportResult[], request: LatencyRequest): Promise<ExportResult[]> {
  const { before, after, sample, signal } = request
  const opened: { dispose(): unknown }[] = []
  const keep = <T extends { dispose(): unknown }>(made: T): T => {
    opened.push(made)
    return made
  }
  try {
    const { name: backend } = await startBackend('auto')
    const places = new Map<ExportResult['format'] | 'engine', Place>()
    places.set('engine', {
      runtime: `Espalier, ${backend}`,
      before: before && keep(createSession(before, { fuse: true })),
      after: keep(createSession(after, { fuse: true })),
    })
    const onnx = results.find(({ format }) => format === 'onnx')
    if (onnx) {
      const [original] = before ? await writeModel(before, 'onnx', 'before') : []
      places.set('onnx', {
        runtime: onnxRuntimeName,
        before: original ? keep(await openOnnxRunner(original.bytes, { threads })) : null,
        after: keep(await openOnnxRunner(onnx.path, { threads })),
      })
    }
    const measured = await measure([...places.values()], sample, signal)
    const of = new Map([...places.keys()].map((key, at) => [key, measured[at] as ExportLatency]))
    return results.map((result) => ({
      ...result,
      latency: [of.get(result.format), of.get('engine')].filter((found) => found !== undefined),
    }))
  } finally {
    for (const each of opened) await each.dispose()
  }
}

async function measure(
  places: readonly Place[],
  sample: Batch,
  signal: AbortSignal | undefined,
): Promise<ExportLatency[]> {
  const runners = places.flatMap(({ before, after }) => [before, after]).filter((runner) => runner !== null)
  const calls = runners.map((runner) => async () => {
    throwIfCancelled(signal)
    await runner.run(sample.inputs)
  })
  const now = () => performance.now()
  const first = await measureLatency(calls, { rounds: 1, warmup, now })
  const once = first.reduce((sum, { median }) => sum + median, 0)
  const rounds = Math.max(fewest, Math.min(most, Math.floor(wantedMs / Math.max(once, 1e-3))))
  const found = await measureLatency(calls, { rounds, warmup: 0, now })
  return places.map(({ runtime, before, after }) => ({
    runtime,
    batch: sample.count,
    rounds,
    before: before ? summary(found[runners.indexOf(before)] as Latency) : null,
    after: summary(found[runners.indexOf(after)] as Latency),
  }))
}
