/** `espalier benchmark`: latency and memory of several networks, side by side, in one run. */
import type { Command } from 'commander'
import type { ModelSize } from '../../../contract/run'
import { type Latency, measureLatency } from '../../../engine/evaluation/latency'
import { inspect } from '../../../engine/pipeline'
import { throwIfCancelled } from '../../engine/proof/parity'
import { noiseBatch } from '../../engine/proof/samples'
import { wholeFrom } from '../arguments'
import { type MemoryUse, measureMemory } from '../benchmark/memory'
import { loadInto, type RuntimeName, runtimeNames, startRuntime } from '../benchmark/runtimes'
import { openModel } from '../inputs'
import type { CommonOptions, Shell } from '../shell'
import type { Terminal } from '../terminal'
import { bytes, count, percent, table } from '../text'

interface BenchmarkOptions extends CommonOptions {
  readonly runs: number
  readonly warmup: number
  readonly batch: number
  readonly threads: number
}

interface Measurement {
  readonly runtime: RuntimeName
  readonly latencyMs: Latency
  readonly memoryBytes: MemoryUse
}

interface Row extends ModelSize {
  readonly model: string
  readonly measurements: readonly Measurement[]
}

export function registerBenchmark(command: Command, shell: Shell): void {
  command
    .argument('<MODEL...>', '.onnx files; the first is what the others are compared with')
    .option('--runs <N>', 'measured passes of each', wholeFrom(1), 50)
    .option('--warmup <N>', 'passes before them', wholeFrom(0), 5)
    .option('--batch <N>', 'samples a pass', wholeFrom(1), 1)
    .option('--threads <N>', 'threads of ONNX Runtime', wholeFrom(1), 1)
  shell.handle<BenchmarkOptions>(command, async ({ terminal, signal }, options, paths) => {
    const rows = await measure(paths, options, terminal, signal)
    const warnings = slowerThanExpected(rows)
    for (const warning of warnings) terminal.warn(warning)
    const { runs, warmup, batch, threads } = options
    terminal.result({ batch, runs, warmup, threads, models: rows, warnings }, describe(rows))
  })
}

async function measure(
  paths: readonly string[],
  options: BenchmarkOptions,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<Row[]> {
  const models = await Promise.all(
    paths.map(async (path) => {
      const { graph } = await openModel(path)
      const { macs, params, bytes } = inspect(graph)
      return { path, size: { macs, params, bytes }, feed: noiseBatch(graph, options.batch).inputs }
    }),
  )
  const cells = models.flatMap((model, index) => runtimeNames.map((runtime) => ({ ...model, index, runtime })))
  const memory: MemoryUse[] = []
  for (const [i, { path, runtime, feed }] of cells.entries()) {
    terminal.progress({
      stage: 'evaluate',
      fraction: i / (2 * cells.length),
      detail: `Memory of ${path} in ${runtime}`,
    })
    memory.push(await measureMemory({ path, runtime, threads: options.threads, feed: [...feed] }, signal))
    throwIfCancelled(signal)
  }
  for (const runtime of runtimeNames) await startRuntime(runtime)
  const loaded = await Promise.all(cells.map(({ runtime, path }) => loadInto(runtime, path, options.threads)))
  terminal.progress({ stage: 'evaluate', fraction: 0.5, detail: `Latency, ${options.runs} rounds over all` })
  try {
    const latencies = await measureLatency(
      loaded.map((each, i) => async () => {
        throwIfCancelled(signal)
        await each.pass(cells[i]?.feed ?? new Map())
      }),
      { rounds: options.runs, warmup: options.warmup, now: () => performance.now() },
    )
    return models.map(({ path, size }, index) => ({
      model: path,
      ...size,
      measurements: cells.flatMap((cell, i) =>
        cell.index === index
          ? [{ runtime: cell.runtime, latencyMs: latencies[i] as Latency, memoryBytes: memory[i] as MemoryUse }]
          : [],
      ),
    }))
  } finally {
    for (const each of loaded) await each.dispose()
  }
}

/** Says plainly where a network that computes less than the first is not faster. */
function slowerThanExpected([first, ...others]: readonly Row[]): string[] {
  return others.flatMap((row) =>
    row.measurements.flatMap(({ runtime, latencyMs }) => {
      const before = first?.measurements.find((each) => each.runtime === runtime)?.latencyMs
      if (!first || !before || row.macs >= first.macs || latencyMs.median < before.median) return []
      return [
        `${row.model} has ${percent(row.macs / first.macs)} of the MACs of ${first.model}, but is not faster in ${runtime}: ${latencyMs.median.toFixed(3)} ms against ${before.median.toFixed(3)} ms.`,
      ]
    }),
  )
}

function describe(rows: readonly Row[]): string {
  const first = rows[0]
  const cells = rows.flatMap((row) =>
    row.measurements.map(({ runtime, latencyMs, memoryBytes }) => {
      const base = first?.measurements.find((each) => each.runtime === runtime)?.latencyMs.median ?? latencyMs.median
      return [
        row.model,
        runtime,
        count(row.macs),
        bytes(row.bytes),
        latencyMs.median.toFixed(3),
        `${latencyMs.low.toFixed(3)} to ${latencyMs.high.toFixed(3)}`,
        `${(base / latencyMs.median).toFixed(2)}x`,
        bytes(memoryBytes.peak),
        bytes(memoryBytes.added),
      ]
    }),
  )
  return table(
    [
      'model',
      'runtime',
      ' MACs',
      ' size',
      ' median ms',
      ' 10 to 90 %',
      ' speed-up',
      ' peak memory',
      ' of it the network',
    ],
    cells,
  )
}
