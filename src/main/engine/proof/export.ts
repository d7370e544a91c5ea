/** Writes a network in the wanted formats and proves each file in a runtime that shares no code with the engine. */
import { readFile } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { EspalierError } from '../../../contract/errors'
import type { ExportResult, RunConfig } from '../../../contract/run'
import type { DataSource } from '../../../engine/data/types'
import { ScoreMeter } from '../../../engine/evaluation/score-meter'
import { describeTask } from '../../../engine/evaluation/task'
import { type ModelFile, readModel, writeModel } from '../../../engine/formats'
import { type Precision, requirePrecision } from '../../../engine/formats/precision'
import { withoutStretching } from '../../../engine/formats/stored-for-each'
import { writeTfjs } from '../../../engine/formats/tfjs'
import type { Graph } from '../../../engine/graph/graph'
import { buildProgram, createSession } from '../../../engine/runtime'
import { loadGraphModel } from '../../../engine/runtime/graph-model'
import type { Feed } from '../../../engine/runtime/types'
import { writeAtomically } from '../../artifacts/atomic'
import { startBackend } from '../backend'
import { onnxRuntimeName, openOnnxRunner } from './onnx-runtime'
import { measureDeviation, parityThreshold, type Runner, throwIfCancelled } from './parity'
import { batchesOf, noiseBatch, proofTable } from './samples'

type Format = ExportResult['format']

/** A format and where it goes: the file of an ONNX or Keras model, the folder of a TF.js one. */
export interface ExportTarget {
  readonly format: Format
  readonly path: string
}

export interface ExportRequest {
  readonly graph: Graph
  /** Samples for the proof; null: seeded noise, and no metric. */
  readonly data: DataSource | null
  readonly targets: readonly ExportTarget[]
  /** How weights are stored in the files (default fp32). */
  readonly precision?: ExportResult['precision'] | undefined
  readonly backend?: RunConfig['backend']
  readonly batch?: number
  readonly signal?: AbortSignal
}

/** Samples on which every output is compared; the metric is taken on the whole split. */
const comparedSamples = 256
const defaultBatch = 128

/** Formats that are one file; TF.js is a folder. */
const isFile = (format: Format): boolean => format !== 'tfjs'

/** NAME.onnx, NAME.keras, and NAME-tfjs/model.json with its weight shards. */
export const exportTargets = (folder: string, formats: readonly Format[], name = 'model'): ExportTarget[] =>
  formats.map((format) => ({ format, path: join(folder, isFile(format) ? `${name}.${format}` : `${name}-${format}`) }))

/**
 * One result a target, in their order. A file that does not answer like the network in memory stays where it is and is
 * reported with `passed: false`.
 * @throws NOT_BUILT_YET for a precision that a format does not have, before anything is written
 * @throws EXPORT_FAILED, DISK_FULL, FILE_UNREADABLE, CANCELLED
 */
export async function writeAndProve(request: ExportRequest): Promise<ExportResult[]> {
  for (const { format } of request.targets) requirePrecision(format, request.precision ?? 'fp32')
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
  const { graph, data, signal, batch = defaultBatch, precision = 'fp32' } = request
  const { format } = target
  throwIfCancelled(signal)
  const written = await writeFiles(graph, target, precision)
  const checker = await openChecker(graph, format, written)
  try {
    const batches = data ? batchesOf(proofTable(data), batch, comparedSamples) : [noiseBatch(graph)]
    const deviation = await measureDeviation(reference, checker, batches, signal, parityThreshold(graph, precision))
    const metric = data ? await taskMetric(graph, data, checker, batch, signal) : null
    const bytes = written.reduce((sum, file) => sum + file.size, 0)
    const path = (written[0] as WrittenFile).path
    return { format, precision, path, bytes, ...deviation, checkedBy: checker.name, metric }
  } finally {
    await checker.dispose()
  }
}

interface WrittenFile {
  readonly name: string
  readonly path: string
  readonly size: number
}

const property = 'tfjs.property.'

/** Images go in as in the file the network came from: channels last where it had them so. */
const inputLayout = (graph: Graph): 'nchw' | 'nhwc' => {
  const images = graph.inputs.filter((input) => input.shape?.length === 4)
  const last = images.length > 0 && images.every(({ name }) => graph.metadata.get(`layout.${name}`) === 'channels-last')
  return last ? 'nhwc' : 'nchw'
}

/** What cannot be lowered for any number of samples runs here, where that number is known, and not there. */
function programForTfjs(graph: Graph) {
  try {
    return buildProgram(withoutStretching(graph), { fuse: true })
  } catch (error) {
    if (!(error instanceof EspalierError) || !error.code.startsWith('MODEL_UNSUPPORTED')) throw error
    throw new EspalierError(
      'EXPORT_FAILED',
      `The network cannot be written for TensorFlow.js, which takes any number of samples at once: ${error.message} Export to ONNX instead.`,
      error,
    )
  }
}

/** A TF.js graph model is the very program that the engine runs. @throws EXPORT_FAILED */
async function modelFiles(
  graph: Graph,
  format: Format,
  name: string,
  precision: Precision,
): Promise<readonly ModelFile[]> {
  if (format !== 'tfjs') return writeModel(graph, format, name, { precision })
  const metadata = Object.fromEntries(
    [...graph.metadata]
      .filter(([key]) => key.startsWith(property))
      .map(([key, value]) => [key.slice(property.length), value]),
  )
  return writeTfjs(programForTfjs(graph), {
    inputLayout: inputLayout(graph),
    metadata,
    precision,
  })
}

/**
 * Whether a network has these forms, before work is spent on making it smaller: what goes with its units changes no layer.
 * @throws EXPORT_FAILED naming what a format cannot express
 */
export async function requireWritable(graph: Graph, formats: readonly Format[]): Promise<void> {
  for (const format of formats) if (format !== 'onnx') await modelFiles(graph, format, 'model', 'fp32')
}

/** The primary file is written last, so that whoever finds it finds everything it names. */
async function writeFiles(graph: Graph, { format, path }: ExportTarget, precision: Precision): Promise<WrittenFile[]> {
  const single = isFile(format)
  const files = await modelFiles(graph, format, basename(path, extname(path)), precision)
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
async function openChecker(graph: Graph, format: Format, written: readonly WrittenFile[]): Promise<Checker> {
  if (format === 'onnx') {
    const runner = await openOnnxRunner((written[0] as WrittenFile).path)
    return { name: onnxRuntimeName, run: runner.run, dispose: runner.dispose }
  }
  if (format === 'tfjs') {
    const files = await Promise.all(written.map(async ({ name, path }) => ({ name, bytes: await readFile(path) })))
    const model = await loadGraphModel(files)
    const turned = inputLayout(graph) === 'nhwc'
    const run: Runner['run'] = (feed) => model.run(turned ? channelsLast(feed) : feed)
    return { name: model.loader, run, dispose: async () => model.dispose() }
  }
  return openKerasChecker(graph, (written[0] as WrittenFile).path)
}

/**
 * Keras is Python, so its file is read back and what was read runs in ONNX Runtime. Tests load such files in Keras
 * itself (test/engine/formats/keras).
 */
async function openKerasChecker(graph: Graph, path: string): Promise<Checker> {
  const { graph: read } = await readModel({ name: basename(path), bytes: await readFile(path) })
  const [file] = await writeModel(read, 'onnx', 'model')
  const runner = await openOnnxRunner((file as ModelFile).bytes)
  // Keras allows no slashes in names; the order of inputs and outputs is kept.
  const inputs = new Map(graph.inputs.map(({ name }, i) => [name, read.inputs[i]?.name ?? name]))
  const outputs = new Map(read.outputs.map(({ name }, i) => [name, graph.outputs[i]?.name ?? name]))
  const renamed = <T>(values: Iterable<readonly [string, T]>, names: ReadonlyMap<string, string>) =>
    new Map([...values].map(([name, value]) => [names.get(name) ?? name, value]))
  return {
    name: `${onnxRuntimeName}, from the Keras file as Espalier reads it`,
    run: async (feed) => renamed(await runner.run(renamed(feed, inputs)), outputs),
    dispose: runner.dispose,
  }
}

/** Images as TF.js reads them. */
const channelsLast = (feed: Feed): Feed =>
  new Map(
    [...feed].map(([name, value]) => {
      if (value.dims.length !== 4) return [name, value]
      const [batch = 0, channels = 0, height = 0, width = 0] = value.dims
      const data = value.data.slice()
      const plane = height * width
      for (let n = 0; n < batch; n++) {
        for (let c = 0; c < channels; c++) {
          const from = (n * channels + c) * plane
          for (let p = 0; p < plane; p++) data[(n * plane + p) * channels + c] = value.data[from + p] as number
        }
      }
      return [name, { dims: [batch, height, width, channels], data }]
    }),
  )

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
