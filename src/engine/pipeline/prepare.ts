/** Starts a run: backend, analysis, splits, and the checks that can be made before any work. */
import { EspalierError } from '../../contract/errors'
import { type Sentence, say } from '../../contract/sentences'
import { analyseCoupling } from '../coupling'
import { fitToNetwork } from '../data/source'
import { makeSplits } from '../data/splits'
import { createCostModel, describeTask } from '../evaluation'
import { roundsItsMaps } from '../graph/rounding'
import { initBackend, samplesAtOnce } from '../runtime'
import { findStrategy, resultOriented, scratch } from '../strategies'
import { floorOf, leastFor, usualLeast } from '../strategies/allocation'
import { Steps } from './checkpoint/steps'
import { stepFingerprints } from './fingerprint'
import { checkGoal } from './goal'
import { unrunnable } from './inspect'
import { ProgressMeter, throwIfCancelled } from './progress'
import { type Run, Stopwatch } from './run'
import type { CompressInput, PipelineHooks } from './types'
import { sizeOf, workOf } from './work'

const fewestCalibration = 16

/** @throws NOT_BUILT_YET, BAD_USAGE, NOT_FOUND, DATA_TOO_FEW_SAMPLES, MODEL_UNSUPPORTED_OPERATOR, BACKEND_UNAVAILABLE */
export async function prepare({ graph, data: source, config }: CompressInput, hooks: PipelineHooks): Promise<Run> {
  throwIfCancelled(hooks.signal)
  const watch = new Stopwatch()
  const strategy = findStrategy(config.strategy)
  if (strategy.name === scratch.name && config.finetune.epochs === 0) {
    throw new EspalierError('BAD_USAGE', say('error.scratch-needs-training'))
  }
  if (config.iterations !== undefined && (strategy.name === scratch.name || strategy.name === resultOriented.name)) {
    throw new EspalierError('BAD_USAGE', say('error.steps-need-criterion', { strategy: strategy.name }))
  }
  const data = fitToNetwork(source, graph)
  const task = describeTask(graph, data)
  checkGoal(config.goal, task)
  const missing = unrunnable(graph)[0]
  if (missing) {
    throw new EspalierError(
      'MODEL_UNSUPPORTED_OPERATOR',
      say('error.cannot-run', { node: missing.name, op: missing.op }),
    )
  }
  const splits = makeSplits(data, config)
  const observed = splits.calibration.indices.length
  if (observed < fewestCalibration) {
    throw new EspalierError(
      'DATA_TOO_FEW_SAMPLES',
      say('error.few-calibration', { left: observed, needed: fewestCalibration }),
    )
  }
  const progress = new ProgressMeter(
    workOf(config, sizeOf(graph, splits), { ...strategy, resultOriented: strategy.name === resultOriented.name }),
    hooks.progress,
  )
  progress.report('read', 1, say('doing.read'))
  const { name: backend } = await initBackend({ backend: config.backend })
  const floor = strategy.name === resultOriented.name ? 0 : floorOf(config.allocation)
  const { coupling, cost, leastUnits } = await watch.time('analysisMs', () => {
    const analysed = analyseCoupling(graph, config.protect)
    const whole = createCostModel(graph, analysed)
    const least = leastFor(config.goal, analysed, whole, { roundTo: config.roundTo, floor })
    return { coupling: analysed, cost: whole, leastUnits: least }
  })
  progress.report(
    'analyse',
    1,
    say('doing.analysed', { groups: coupling.groups.filter(({ prunable }) => prunable).length }),
  )
  const warnings: Sentence[] = []
  if (observed < config.calibration) {
    warnings.push(say('run.calibration-short', { found: observed, wanted: config.calibration }))
  }
  if (splits.verificationFromTrain) {
    warnings.push(say('run.verification-from-train'))
  }
  if (!splits.test) {
    warnings.push(say('run.no-test-split'))
  }
  if (graph.outputs.length > 1) {
    warnings.push(say('run.first-output', { outputs: graph.outputs.length, output: graph.outputs[0]?.name as string }))
  }
  if (roundsItsMaps(graph)) {
    warnings.push(say('run.rounded-maps'))
  }
  if (leastUnits < usualLeast) {
    warnings.push(say('run.one-unit'))
  }
  for (const warning of warnings) hooks.log('warning', warning)
  const batch = samplesAtOnce(graph, config.batch)
  if (batch < config.batch) hooks.log('info', say('run.smaller-batches', { batch, wanted: config.batch }))
  const steps = new Steps(hooks.checkpoints, stepFingerprints(graph, data, config, backend))
  return {
    graph,
    data,
    config,
    hooks,
    coupling,
    cost,
    batch,
    leastUnits,
    splits,
    task,
    backend,
    steps,
    progress,
    watch,
    warnings,
  }
}
