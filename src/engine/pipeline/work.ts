/** How much work each stage of a run will be, so that progress is honest. */
import type { RunConfig } from '../../contract/run'
import type { Splits } from '../data/types'
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

/** The same of each refit; the second part of `sequential` goes through a smaller network, forward and back. */
export const refitPasses = { bn: 1, layerwise: 8, sequential: 22 } as const

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
  const refit = config.refit === 'none' ? 0 : refitPasses[config.refit]
  return [
    { stage: 'read', work: 1 },
    { stage: 'analyse', work: 10 },
    { stage: 'observe', work: observing * calibration },
    { stage: 'decide', work: strategy.resultOriented ? 4 * calibration : 10 },
    { stage: 'apply', work: 10 + trials * refit * calibration },
    { stage: 'verify', work: (1 + trials) * verification },
    { stage: 'recover', work: 4 * config.finetune.epochs * perEpoch },
    { stage: 'evaluate', work: 2 * test },
  ]
}
