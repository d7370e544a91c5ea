/** Latency of an exported network beside that of the network it was pruned from, in the runtimes it is proven in. */
import type { ExportLatency, ExportResult } from '../../../contract/run'
import type { Batch } from '../../../engine/data/types'
import { type Latency, measureLatencyInTime } from '../../../engine/evaluation/latency'
import { writeModel } from '../../../engine/formats'
import type { Graph } from '../../../engine/graph/graph'
import { createSession } from '../../../engine/runtime'
import { startBackend } from '../backend'
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

interface Place {
  readonly runtime: string
  readonly before: Runner | null
  readonly after: Runner
}

/**
 * Milliseconds of one pass in ONNX Runtime, one thread, each network in turn: what a latency budget is measured by.
 * @throws CANCELLED, and what loading the networks raises
 */
export async function latencyInOnnxRuntime(
  graphs: readonly Graph[],
  sample: Batch,
  signal: AbortSignal,
): Promise<readonly Latency[]> {
  const runners: Awaited<ReturnType<typeof openOnnxRunner>>[] = []
  try {
    for (const graph of graphs) {
      const [file] = await writeModel(graph, 'onnx', 'model')
      runners.push(await openOnnxRunner((file as { bytes: Uint8Array }).bytes, { threads }))
    }
    const calls = runners.map((runner) => async () => {
      throwIfCancelled(signal)
      await runner.run(sample.inputs)
    })
    return await measureLatencyInTime(calls, () => performance.now())
  } finally {
    for (const runner of runners) await runner.dispose()
  }
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
  const found = await measureLatencyInTime(calls, () => performance.now())
  return places.map(({ runtime, before, after }) => ({
    runtime,
    batch: sample.count,
    rounds: (found[0] as Latency).runs,
    before: before ? summary(found[runners.indexOf(before)] as Latency) : null,
    after: summary(found[runners.indexOf(after)] as Latency),
  }))
}
