/** How much work each stage of a run will be, so that progress is honest. */
import type { RunConfig } from '../../contract/run'
import type { Splits } from '../data/types'
import { batchOfStep, mostSteps } from '../recovery/refit-result'
import type { StageWork } from './progress'
import { mostTrials } from './tolerance'

/** Passes over the calibration samples, in forward passes of the original network. */
const passes = {
  forward: 1,
  /** One forward and one backward pass. */
  backward: 3,
  /** Moments of every layer on the host, on top of the backward pass. */
  resultOriented: 12,
} as const

/** The same of the refits that see the calibration samples only. */
const refitPasses = { none: 0, bn: 1, layerwise: 8 } as const

/** Forward passes of the original that a step of the refit on the result costs: the original answers, the smaller one learns. */
const passesOfStep = 2

/** Work of a refit, in forward passes of one sample. */
export const workOfRefit = (refit: RunConfig['refit'], { calibration }: Splits): number =>
  refit === 'sequential'
    ? refitPasses.layerwise * calibration.indices.length + passesOfStep * mostSteps * batchOfStep
    : refitPasses[refit] * calibration.indices.length

export interface StrategyWork {
  readonly needsData: boolean
  readonly needsGradients: boolean
  readonly resultOriented: boolean
}

/** Stages in order with their work in forward passes of one sample. */
export function workOf(config: RunConfig, splits: Splits, strategy: StrategyWork): StageWork[] {
  const calibration = splits.calibration.indices.length
  const verification = splits.verification.indices.length
  const test = splits.test?.indices.length ?? verification
  const trials = config.goal.kind === 'max-drop' || config.goal.kind === 'max-kl' ? mostTrials : 1
  const left = splits.finetune.indices.length
  const perEpoch = config.finetune.samples > 0 ? Math.min(config.finetune.samples, left) : left
  const observing = strategy.resultOriented
    ? passes.resultOriented
    : strategy.needsGradients
      ? passes.backward
      : strategy.needsData
        ? passes.forward
        : 0
  return [
    { stage: 'read', work: 1 },
    { stage: 'analyse', work: 10 },
    { stage: 'observe', work: observing * calibration },
    { stage: 'decide', work: strategy.resultOriented ? 4 * calibration : 10 },
    { stage: 'apply', work: 10 + trials * workOfRefit(config.refit, splits) },
    { stage: 'verify', work: (1 + trials) * verification },
    { stage: 'recover', work: 4 * config.finetune.epochs * perEpoch },
    { stage: 'evaluate', work: 2 * test },
  ]
}
