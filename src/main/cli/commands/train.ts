/** `espalier train`: the small reference networks of the sample project. */
import type { Command } from 'commander'
import { backends, type RunConfig } from '../../../contract/run'
import { inEnglish } from '../../../contract/sentences'
import { evaluate } from '../../../engine/pipeline'
import { architectures, findArchitecture } from '../../../engine/reference-networks'
import { trainNetwork } from '../../../engine/reference-networks/train'
import { startBackend } from '../../engine/backend'
import { oneOf, positive, wholeFrom, word } from '../arguments'
import { openRawData } from '../inputs'
import { saveOnnx } from '../networks'
import { refuseUnbuilt } from '../not-built-yet'
import type { CommonOptions, Shell } from '../shell'
import { figure, milliseconds } from '../text'

interface TrainCommandOptions extends CommonOptions {
  readonly architecture: string
  readonly data: string
  readonly out: string
  readonly epochs: number
  readonly samples: number
  readonly seed: number
  readonly lr?: number
  readonly batch: number
  readonly backend: RunConfig['backend']
}

export function registerTrain(command: Command, shell: Shell): void {
  const names = architectures.map((architecture) => architecture.name).join(', ')
  command
    .requiredOption('--architecture <NAME>', names, word)
    .requiredOption('--data <DATA>', 'data with labels: .npz file, folder of IDX files, class folders or texts')
    .requiredOption('--out <FILE>', 'the .onnx file to write')
    .option('--epochs <N>', 'passes over the train split', wholeFrom(1), 5)
    .option('--samples <N>', 'samples an epoch; 0: all', wholeFrom(0), 0)
    .option('--lr <X>', 'learning rate, falling linearly to 0 (default: 0.05, or 0.002 for texts)', positive)
    .option('--batch <N>', 'samples a step', wholeFrom(1), 64)
    .option('--seed <N>', 'decides the first weights and the order of the samples', wholeFrom(0), 0)
    .option('--backend <NAME>', `where to compute: ${backends.join(', ')}`, oneOf(backends), 'auto')
  shell.handle<TrainCommandOptions>(command, async ({ terminal, signal }, options) => {
    const { architecture, epochs, samples, lr, batch, seed, out, backend } = options
    refuseUnbuilt({ backend })
    const chosen = findArchitecture(architecture)
    const { source } = await openRawData(options.data)
    const { notice } = await startBackend(backend)
    if (notice) terminal.warn(inEnglish(notice))
    const start = performance.now()
    const trained = await trainNetwork(
      chosen,
      source,
      { epochs, samples, learningRate: lr ?? (chosen.text ? 0.002 : 0.05), batch, seed },
      { signal, progress: terminal.progress.bind(terminal) },
    )
    await saveOnnx(trained.graph, out)
    const tested = source.test
      ? await evaluate(trained.graph, source, { split: 'test', backend, hooks: { signal } })
      : null
    const elapsedMs = performance.now() - start
    const test = tested?.value ?? null
    const { loss } = trained
    terminal.result(
      { architecture, seed, epochs, path: out, loss, metric: 'accuracy', test, elapsedMs },
      `trained   ${out}: ${test === null ? 'no test split' : `${figure(test, ' %')} on the test split`}, last loss ${loss.toFixed(4)}, in ${milliseconds(elapsedMs)}`,
    )
  })
}
