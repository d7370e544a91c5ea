/** One compression from start to files: resumable pipeline, export, proof. Shared by `compress` and `compare`. */
import { join } from 'node:path'
import { EspalierError } from '../../contract/errors'
import type { DecisionTrace, Environment, ExportResult, Progress, RunConfig, RunResult } from '../../contract/run'
import { inEnglish } from '../../contract/sentences'
import { compress } from '../../engine/pipeline'
import { startBackend } from '../engine/backend'
import { exportTargets, requireWritable, writeAndProve } from '../engine/proof/export'
import { latencyInOnnxRuntime } from '../engine/proof/latency'
import { parityThresholds } from '../engine/proof/parity'
import { product } from '../services/product'
import { environmentOf } from './environment'
import type { OpenedData, OpenedModel } from './inputs'
import { printedOf } from './printed'
import { openRunFolder, writeText } from './run-folder'

export interface CompressionRequest {
  readonly model: OpenedModel
  readonly data: OpenedData
  readonly config: RunConfig
  /** Gets the exported files, result.json and trace.json; made where it is not there. */
  readonly out: string
  readonly formats: readonly ExportResult['format'][]
  readonly precision: ExportResult['precision']
  readonly signal: AbortSignal
  progress(progress: Progress): void
  log(level: 'info' | 'warning' | 'error', message: string): void
}

/** A run's result with how it was made. */
export interface Compression extends RunResult {
  readonly config: RunConfig
  readonly environment: Environment
}

export interface FinishedRun {
  readonly compression: Compression
  readonly trace: DecisionTrace
}

/** Share of the work that is left for writing and checking the files. */
const exportShare = 0.05

/**
 * Runs, writes and proves. A killed run goes on from its last finished step when it is started again with the same
 * request; when it is done its kept steps are removed.
 * @throws CANCELLED and whatever the pipeline raises
 */
export async function runCompression(request: CompressionRequest): Promise<FinishedRun> {
  const { model, data, config, out, formats, precision, signal, progress, log } = request
  await requireWritable(model.graph, formats)
  const fingerprint = { version: product, model: model.hash, data: data.source.hash, config }
  const steps = await openRunFolder(out, fingerprint, (sentence) => log('warning', sentence))
  if (steps.resumed)
    log('info', 'An earlier run of this command was interrupted; going on from its last finished step.')
  const { notice } = await startBackend(config.backend)
  if (notice) log('warning', inEnglish(notice))
  const output = await compress(
    { graph: model.graph, data: data.source, config },
    {
      signal,
      log: (level, said) => log(level, inEnglish(said)),
      checkpoints: steps,
      latencyOf: latencyInOnnxRuntime,
      progress: (now) => {
        // The pipeline is done before the command is.
        if (now.stage !== 'done') progress({ ...now, fraction: now.fraction * (1 - exportShare) })
      },
    },
  )
  progress({ stage: 'export', fraction: 1 - exportShare, detail: `Writing ${formats.join(' and ')} and checking it` })
  const exports = await writeAndProve({
    graph: output.graph,
    data: data.source,
    targets: exportTargets(out, formats),
    precision,
    backend: config.backend,
    batch: config.batch,
    signal,
  })
  const compression: Compression = {
    ...output.result,
    exports,
    config,
    environment: environmentOf(output.result.backend, model.hash, data.source.hash),
  }
  await writeRecords(out, { compression, trace: output.trace })
  await steps.remove()
  progress({ stage: 'done', fraction: 1, detail: 'Done' })
  return { compression, trace: output.trace }
}

/** result.json and trace.json in the folder of the run. */
export async function writeRecords(out: string, { compression, trace }: FinishedRun): Promise<void> {
  await writeText(join(out, 'result.json'), `${JSON.stringify(printedOf(compression, trace), null, 2)}\n`)
  await writeText(join(out, 'trace.json'), `${JSON.stringify(trace)}\n`)
}

/** @throws PARITY_FAILED where an independent runtime answered otherwise than the network in memory */
export function requireProof(exports: readonly ExportResult[]): void {
  const failed = exports.find((each) => !each.passed)
  if (!failed) return
  if (failed.precision !== 'fp32') {
    throw new EspalierError(
      'PARITY_FAILED',
      `Stored as ${failed.precision}, the weights of ${failed.path} change the answers too much: ${failed.checkedBy} found a relative error of ${failed.maxRelError.toExponential(1)}, where ${parityThresholds[failed.precision]} is allowed. Do not deploy it; export with ${failed.precision === 'int8' ? '--precision fp16 or fp32' : '--precision fp32'}.`,
    )
  }
  throw new EspalierError(
    'PARITY_FAILED',
    `The ${failed.format} file ${failed.path} does not answer like the network in memory: ${failed.checkedBy} found a relative error of ${failed.maxRelError.toExponential(1)}. Do not deploy it; export another format, and please report this network.`,
  )
}
