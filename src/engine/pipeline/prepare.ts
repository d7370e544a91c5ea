/** Starts a run: backend, analysis, splits, and the checks that can be made before any work. */
import { EspalierError } from '../../contract/errors'
import { analyseCoupling } from '../coupling'
import { fitToNetwork } from '../data/source'
import { makeSplits } from '../data/splits'
import { createCostModel, describeTask } from '../evaluation'
import { initBackend } from '../runtime'
import { findStrategy, resultOriented, scratch } from '../strategies'
import { Steps } from './checkpoint/steps'
import { stepFingerprints } from './fingerprint'
import { checkGoal } from './goal'
import { unrunnable } from './inspect'
import { ProgressMeter, throwIfCancelled } from './progress'
import { type Run, Stopwatch } from './run'
import type { CompressInput, PipelineHooks } from './types'
import { workOf } from './work'

const fewestCalibration = 16

/** @throws NOT_BUILT_YET, BAD_USAGE, NOT_FOUND, DATA_TOO_FEW_SAMPLES, MODEL_UNSUPPORTED_OPERATOR, BACKEND_UNAVAILABLE */
export async function prepare({ graph, data: source, config }: CompressInput, hooks: PipelineHooks): Promise<Run> {
  throwIfCancelled(hooks.signal)
  const watch = new Stopwatch()
  const strategy = findStrategy(config.strategy)
  if (strategy.name === scratch.name && config.finetune.epochs === 0) {
    throw new EspalierError(
      'BAD_USAGE',
      'Training from scratch needs training: give epochs of fine-tuning (--finetune N), the same as the strategies it is compared with.',
    )
  }
  if (config.iterations !== undefined && (strategy.name === scratch.name || strategy.name === resultOriented.name)) {
    throw new EspalierError(
      'BAD_USAGE',
      `Pruning in steps (--iterations) is for criteria, which then score anew; "${strategy.name}" does not score. Leave it out.`,
    )
  }
  const data = fitToNetwork(source, graph)
  const task = describeTask(graph, data)
  checkGoal(config.goal, task)
  const missing = unrunnable(graph)[0]
  if (missing) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_OPERATOR',
      `This network cannot be run here, because Espalier cannot compute "${missing.name}" (${missing.op}). It can still be pruned by structure and weights with "prune".`,
    )
  }
  const splits = makeSplits(data, { calibration: config.calibration, seed: config.seed })
  const observed = splits.calibration.indices.length
  if (observed < fewestCalibration) {
    throw new EspalierError(
      'DATA_TOO_FEW_SAMPLES',
      `Only ${observed} samples are left for calibration, and at least ${fewestCalibration} are needed. Bring more training samples.`,
    )
  }
  const progress = new ProgressMeter(
    workOf(config, splits, { ...strategy, resultOriented: strategy.name === resultOriented.name }),
    hooks.progress,
  )
  progress.report('read', 1, 'Network and data are read')
  const { name: backend } = await initBackend({ backend: config.backend })
  const { coupling, cost } = await watch.time('analysisMs', () => {
    const analysed = analyseCoupling(graph, config.protect)
    return { coupling: analysed, cost: createCostModel(graph, analysed) }
  })
  progress.report('analyse', 1, `${coupling.groups.filter((group) => group.prunable).length} groups can be pruned`)
  const warnings: string[] = []
  if (observed < config.calibration) {
    warnings.push(`The data has ${observed} samples for calibration instead of the ${config.calibration} asked for.`)
  }
  if (splits.verificationFromTrain) {
    warnings.push(
      'Calibration and verification samples were drawn, without overlap, from the train split. If the network was trained on them, what is verified there is a weaker promise than on data of its own (x_valid).',
    )
  }
  if (!splits.test) {
    warnings.push('The data has no test split, so the final figures are those of the verification split.')
  }
  if (graph.outputs.length > 1) {
    warnings.push(
      `The network has ${graph.outputs.length} outputs; what is verified and measured is the first, "${graph.outputs[0]?.name}".`,
    )
  }
  for (const warning of warnings) hooks.log('warning', warning)
  const steps = new Steps(hooks.checkpoints, stepFingerprints(graph, data, config, backend))
  return { graph, data, config, hooks, coupling, cost, splits, task, backend, steps, progress, watch, warnings }
}
