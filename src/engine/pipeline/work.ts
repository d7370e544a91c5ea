/** How much work each stage of a run will be, so that progress is honest. */
import type { Goal, RunConfig } from '../../contract/run'
import type { Splits } from '../data/types'
import { costOf, recurrentTurns } from '../evaluation'
import type { Graph } from '../graph/graph'
import { batchOfStep, likelySteps, stepsFor, trialStepsFor } from '../recovery/refit-steps'
import type { StageWork } from './progress'
import { mostTrials } from './tolerance'

/** Passes over the calibration samples, in forward passes of the original network. */
const passes = {
  forward: 1,
  /** One forward and one backward pass. */
  backward: 3,
  /** Moments of every layer on the host, on top of the backward pass, and what each group is worth. */
  resultOriented: 16,
} as const

/** The same of the refits that see the calibration samples only. */
const refitPasses = { none: 0, bn: 1, layerwise: 8 } as const

/** What a run works on. */
export interface RunSize {
  readonly splits: Splits
  /** MACs a sample of the original. */
  readonly macs: number
  /** Time steps of its recurrent operators. */
  readonly turns: number
}

export const sizeOf = (graph: Graph, splits: Splits): RunSize => ({
  splits,
  macs: costOf(graph).macs,
  turns: recurrentTurns(graph),
})

/** Share of the original that a goal leaves; half of it where a goal does not say. */
const shareLeft = ({ kind, value }: Goal): number => (kind === 'keep-macs' || kind === 'keep-params' ? value : 1 / 2)

/** Samples of a refit on the result: those for calibration, and as many further ones as it may have. */
export const refittedOn = ({ calibration, finetune }: RunSize['splits'], most = Number.POSITIVE_INFINITY): number =>
  calibration.indices.length + Math.min(finetune.indices.length, most)

/** Work of a refit, in forward passes of one sample. */
export function workOfRefit(
  refit: RunConfig['refit'],
  { goal, refitSamples }: Pick<RunConfig, 'goal' | 'refitSamples'>,
  { splits, macs, turns }: RunSize,
): number {
  const { calibration } = splits
  const samples = calibration.indices.length
  if (refit !== 'sequential') return refitPasses[refit] * samples
  const left = shareLeft(goal)
  const steps = likelySteps(stepsFor(left * macs, turns), refittedOn(splits, refitSamples))
  // The original answers, the smaller one learns.
  const passesOfStep = passes.forward + passes.backward * left
  return refitPasses.layerwise * samples + passesOfStep * steps * batchOfStep
}

/** Orders of the result-oriented strategy that are usually near enough to be tried by a few steps. */
const usualContenders = 4

/** Work of the steps by which the result-oriented strategy chooses among its orders. */
function workOfTrials(
  { goal, refit, refitSamples }: Pick<RunConfig, 'goal' | 'refit' | 'refitSamples'>,
  { splits, macs, turns }: RunSize,
): number {
  if (refit !== 'sequential') return 0
  const each = passes.forward + usualContenders * passes.backward * shareLeft(goal)
  return each * trialStepsFor(macs, turns, refittedOn(splits, refitSamples)) * batchOfStep
}

export interface StrategyWork {
  readonly needsData: boolean
  readonly needsGradients: boolean
  readonly resultOriented: boolean
}

/** Stages in order with their work in forward passes of one sample. */
export function workOf(config: RunConfig, size: RunSize, strategy: StrategyWork): StageWork[] {
  const { splits } = size
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
    {
      stage: 'observe',
      work: observing * calibration + (strategy.resultOriented ? trials * workOfTrials(config, size) : 0),
    },
    { stage: 'decide', work: strategy.resultOriented ? 4 * calibration : 10 },
    { stage: 'apply', work: 10 + trials * workOfRefit(config.refit, config, size) },
    { stage: 'verify', work: (1 + trials) * verification },
    { stage: 'recover', work: 4 * config.finetune.epochs * perEpoch },
    { stage: 'evaluate', work: 2 * test },
  ]
}
