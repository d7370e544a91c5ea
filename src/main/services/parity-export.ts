/** Writes a network in the wanted formats and proves each file in a runtime that shares no code with the engine. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { EspalierError } from '../../contract/errors'
import type { ExportResult, RunConfig } from '../../contract/run'
import type { DataSource } from '../../engine/data/types'
import { ScoreMeter } from '../../engine/evaluation/score-meter'
import { describeTask } from '../../engine/evaluation/task'
import { type ModelFile, writeModel } from '../../engine/formats'
import { writeTfjs } from '../../engine/formats/tfjs'
import type { Graph } from '../../engine/graph/graph'
import { buildProgram, createSession } from '../../engine/runtime'
import { loadGraphModel } from '../../engine/runtime/graph-model'
import { writeAtomically } from '../artifacts/atomic'
import { startBackend } from './backend'
import { onnxRuntimeName, openOnnxRunner } from './onnx-runtime'
import { measureDeviation, type Runner, throwIfCancelled } from './parity'
import { batchesOf, noiseBatch, proofTable } from './parity-samples'

type Format = ExportResult['format']

/** A format and where it goes: the file of an ONNX model, the folder of a TF.js one. */
export interface ExportTarget {
  readonly format: Format
  readonly path: string
}

export interface ExportRequest {
  readonly graph: Graph
  /** Samples for the proof; null: seeded noise, and no metric. */
  readonly data: DataSource | null
  readonly targets: readonly ExportTarget[]
  readonly backend?: RunConfig['backend']
  readonly batch?: number
  readonly signal?: AbortSignal
}

/** Samples on which every output is compared; the metric is taken on the whole split. */
const comparedSamples = 256
const defaultBatch = 128

/** NAME.onnx, and NAME-tfjs/model.json with its weight shards. */
export const exportTargets = (folder: string, formats: readonly Format[], name = 'model'): ExportTarget[] =>
  formats.map((format) => ({ format, path: join(folder, format === 'onnx' ? `${name}.onnx` : `${name}-${format}`) }))

/**
 * One result a target, in their order. A file that does not answer like the network in memory stays where it is and is
 * reported with `passed: false`.
 * @throws NOT_BUILT_YET, EXPORT_FAILED, DISK_FULL, FILE_UNREADABLE, CANCELLED
 */
export async function writeAndProve(request: ExportRequest): Promise<ExportResult[]> {
  await startBackend(request.backend)
  const session = createSession(request.graph, { fuse: true })
  try {
    const results: ExportResult[] = []
    for (const target of request.targets) results.push(await exportOne(request, target, session))
    return results
  } finally {
    session.dispose()
  }
}

async function exportOne(request: ExportRequest, target: ExportTarget, reference: Runner): Promise<ExportResult> {
  const { graph, data, signal, batch = defaultBatch } = request
  const { format } = target
  throwIfCancelled(signal)
  const written = await writeFiles(graph, target)
  const checker = await openChecker(format, written)
  try {
    const batches = data ? batchesOf(proofTable(data), batch, comparedSamples) : [noiseBatch(graph)]
    const deviation = await measureDeviation(reference, checker, batches, signal)
    const metric = data ? await taskMetric(graph, data, checker, batch, signal) : null
    const bytes = written.reduce((sum, file) => sum + file.size, 0)
    const path = (written[0] as WrittenFile).path
    return { format, precision: 'fp32', path, bytes, ...deviation, checkedBy: checker.name, metric }
  } finally {
    await checker.dispose()
  }
}

interface WrittenFile {
  readonly name: string
  readonly path: string
  readonly size: number
}

/** A TF.js graph model is the very program that the engine runs. @throws NOT_BUILT_YET, EXPORT_FAILED */
async function modelFiles(graph: Graph, format: Format, name: string): Promise<readonly ModelFile[]> {
  return format === 'tfjs' ? writeTfjs(buildProgram(graph, { fuse: true })) : writeModel(graph, format, name)
}

/** The primary file is written last, so that whoever finds it finds everything it names. */
async function writeFiles(graph: Graph, { format, path }: ExportTarget): Promise<WrittenFile[]> {
  const single = format === 'onnx'
  const files = await modelFiles(graph, format, basename(path, '.onnx'))
  const written = files.map((file, i) => ({
    name: file.name,
    size: file.bytes.byteLength,
    path: single ? (i === 0 ? path : join(dirname(path), file.name)) : join(path, file.name),
  }))
  for (let i = files.length - 1; i >= 0; i--) {
    await writeAtomically((written[i] as WrittenFile).path, (files[i] as ModelFile).bytes)
  }
  return written
}

interface Checker extends Runner {
  readonly name: string
  dispose(): Promise<void>
}

/** Loads what lies on the disk, not what was meant to be written. */
async function openChecker(format: Format, written: readonly WrittenFile[]): Promise<Checker> {
  if (format === 'onnx') {
    const runner = await openOnnxRunner((written[0] as WrittenFile).path)
    return { name: onnxRuntimeName, run: runner.run, dispose: runner.dispose }
  }
  if (format === 'tfjs') {
    const files = await Promise.all(written.map(async ({ name, path }) => ({ name, bytes: await readFile(path) })))
    const model = await loadGraphModel(files)
    return { name: model.loader, run: model.run, dispose: async () => model.dispose() }
  }
  throw new EspalierError(
    'NOT_BUILT_YET',
    `Nothing that checks ${format} files is built yet in this version, and no file leaves without a proof. Export to onnx or tfjs.`,
  )
}

async function taskMetric(
  graph: Graph,
  data: DataSource,
  runner: Runner,
  batch: number,
  signal: AbortSignal | undefined,
): Promise<number | null> {
  const task = describeTask(graph, data)
  const table = proofTable(data)
  const first = graph.outputs[0]?.name ?? ''
  if (task.metric === 'none' || table.labels === null) return null
  const meter = new ScoreMeter(task, data.classes.length)
  for (const { inputs, labels } of batchesOf(table, batch)) {
    throwIfCancelled(signal)
    const output = (await runner.run(inputs)).get(first)
    if (output) meter.add(output, labels)
  }
  return meter.score().value
}
