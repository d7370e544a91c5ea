/** `espalier export`: convert, with parity proof. */
import type { Command } from 'commander'
import { backends, type ExportResult, exportFormats, precisions, type RunConfig } from '../../../contract/run'
import { writeAndProve } from '../../engine/proof/export'
import { oneOf } from '../arguments'
import { requireProof } from '../compression'
import { openData, openModel } from '../inputs'
import { refuseUnbuilt } from '../not-built-yet'
import type { CommonOptions, Shell } from '../shell'
import { bytes, figure } from '../text'

interface ExportOptions extends CommonOptions {
  readonly to: ExportResult['format']
  readonly precision: ExportResult['precision']
  readonly data?: string
  readonly out: string
  readonly backend: RunConfig['backend']
}

export function registerExport(command: Command, shell: Shell): void {
  command
    .argument('<MODEL>', 'a network: .onnx, TF.js model.json, .keras or .h5')
    .requiredOption('--to <FORMAT>', exportFormats.join(', '), oneOf(exportFormats))
    .requiredOption('--out <PATH>', 'the .onnx or .keras file, or the folder for the TF.js model')
    .option('--precision <NAME>', `how weights are stored: ${precisions.join(', ')}`, oneOf(precisions), 'fp32')
    .option('--data <DATA>', 'samples for the proof and the metric; without it, seeded noise')
    .option('--backend <NAME>', `where to compute: ${backends.join(', ')}`, oneOf(backends), 'auto')
  shell.handle<ExportOptions>(command, async ({ terminal, signal }, options, [path]) => {
    refuseUnbuilt({ precision: options.precision, formats: [options.to], backend: options.backend })
    const { graph } = await openModel(path as string)
    const data = options.data === undefined ? null : (await openData(options.data, graph)).source
    const [file] = await writeAndProve({
      graph,
      data,
      targets: [{ format: options.to, path: options.out }],
      precision: options.precision,
      backend: options.backend,
      signal,
    })
    const done = file as ExportResult
    terminal.result(done, describe(done))
    requireProof([done])
  })
}

function describe(file: ExportResult): string {
  return [
    `written     ${file.path} (${bytes(file.bytes)})`,
    `proof       ${verdict(file)} by ${file.checkedBy}: largest error ${file.maxAbsError.toExponential(1)}, relative ${file.maxRelError.toExponential(1)}`,
    ...(file.metric === null ? [] : [`metric      ${figure(file.metric)}`]),
  ].join('\n')
}

const verdict = ({ passed, precision }: ExportResult): string => {
  if (!passed) return 'NOT THE SAME'
  return precision === 'fp32' ? 'the same network' : `the same network with its weights in ${precision}`
}
