/** `espalier evaluate`: a network's result on a split. */
import type { Command } from 'commander'
import { lessIsBetter } from '../../../contract/outcome'
import { backends, type RunConfig } from '../../../contract/run'
import { inEnglish } from '../../../contract/sentences'
import { evaluate } from '../../../engine/pipeline'
import type { Evaluation, SplitName } from '../../../engine/pipeline/types'
import { startBackend } from '../../engine/backend'
import { oneOf, wholeFrom } from '../arguments'
import { openData, openModel } from '../inputs'
import { refuseUnbuilt } from '../not-built-yet'
import type { CommonOptions, Shell } from '../shell'
import { figure, milliseconds } from '../text'

interface EvaluateCommandOptions extends CommonOptions {
  readonly data: string
  readonly split?: SplitName
  readonly backend?: RunConfig['backend']
  readonly batch?: number
  readonly limit?: number
}

export function registerEvaluate(command: Command, shell: Shell): void {
  command
    .argument('<MODEL>', 'a network: .onnx, TF.js model.json, .keras or .h5')
    .requiredOption('--data <DATA>', 'data: .npz file, folder of IDX files or folder of class folders of images')
    .option('--split <NAME>', 'train, verification or test (default test)', oneOf(['train', 'verification', 'test']))
    .option('--backend <NAME>', `where to compute: ${backends.join(', ')}`, oneOf(backends))
    .option('--batch <N>', 'samples computed at a time (default 128)', wholeFrom(1))
    .option('--limit <N>', 'only the first so many samples', wholeFrom(1))
  shell.handle<EvaluateCommandOptions>(command, async ({ terminal, signal }, options, [path]) => {
    const { split, backend, batch, limit } = options
    refuseUnbuilt({ backend })
    const { graph } = await openModel(path as string)
    const { source } = await openData(options.data, graph)
    const { notice } = await startBackend(backend)
    if (notice) terminal.warn(inEnglish(notice))
    const evaluation = await evaluate(graph, source, {
      ...(split === undefined ? {} : { split }),
      ...(backend === undefined ? {} : { backend }),
      ...(batch === undefined ? {} : { batch }),
      ...(limit === undefined ? {} : { limit }),
      hooks: { signal, progress: terminal.progress.bind(terminal) },
    })
    terminal.result(document(evaluation), describe(evaluation))
  })
}

/** The evaluation without the label of every sample; a class without samples has no accuracy. */
function document({ predictions: _, perClass, ...rest }: Evaluation) {
  return { ...rest, perClass: perClass.map((value) => (Number.isNaN(value) ? null : value)) }
}

function describe(found: Evaluation): string {
  const unit = lessIsBetter(found.metric) ? '' : ' %'
  const interval = found.interval ? ` (95 %: ${found.interval.map((bound) => figure(bound)).join(' to ')})` : ''
  const value = found.metric === 'none' ? 'no labels, so no metric' : `${figure(found.value, unit)}${interval}`
  const perClass = found.perClass.map(
    (share, i) => `  ${found.classes[i] ?? i}: ${Number.isNaN(share) ? '-' : figure(share, ' %')}`,
  )
  return [
    `${found.metric === 'none' ? 'result' : found.metric}  ${value}`,
    `split     ${found.split}, ${found.samples} samples`,
    `backend   ${found.backend}, ${milliseconds(found.elapsedMs)}`,
    ...perClass,
  ].join('\n')
}
