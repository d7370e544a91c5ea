/** Run configurations as the screens start from them; equal to the contract's defaults (a test holds them together). */
import type { Goal, RunConfig } from '../../../contract'

export const defaultConfig = (goal: Goal): RunConfig => ({
  strategy: 'result-oriented',
  allocation: 'global',
  goal,
  calibration: 2048,
  refit: 'sequential',
  finetune: { epochs: 0, samples: 0, learningRate: 0.02, distill: false },
  roundTo: 1,
  protect: [],
  backend: 'auto',
  seed: 0,
  batch: 128,
})

export const comparedStrategies = ['result-oriented', 'random', 'l2', 'group-norm'] as const
export const comparedBudgets = [0.5, 0.3] as const

/**
 * The one-button comparison: every strategy gets the same refit, so that the selections alone differ. It is the closed
 * form alone: with the refit on the result eight runs take three times as long on one WASM core.
 */
export const comparisonConfigs = (backend: RunConfig['backend']): RunConfig[] =>
  comparedBudgets.flatMap((value) =>
    comparedStrategies.map((strategy) => ({
      ...defaultConfig({ kind: 'keep-macs', value }),
      strategy,
      backend,
      refit: 'layerwise' as const,
    })),
  )
