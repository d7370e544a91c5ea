/** The form of a new run: kept while it is being filled in, across screens and restarts. */
import type { Goal, Run, RunConfig } from '../../../contract'

export interface Draft {
  readonly modelId: string
  readonly datasetId: string
  readonly name: string
  readonly strategies: readonly string[]
  readonly goalKind: Goal['kind']
  /** As typed, separated by commas or spaces; shares in percent. */
  readonly goals: string
  readonly seeds: number
  readonly firstSeed: number
  readonly allocation: RunConfig['allocation']
  /** Steps in which a criterion prunes; 1: at once. */
  readonly iterations: number
  /** One arm each: every strategy is run with every refit that is chosen. */
  readonly refits: readonly RunConfig['refit'][]
  readonly calibration: number
  /** Train samples for the refit beside those for calibration; empty: all that are left. */
  readonly refitSamples: number | ''
  readonly batch: number
  readonly finetune: RunConfig['finetune']
  readonly roundTo: number
  readonly protect: readonly string[]
  readonly backend: RunConfig['backend']
}

export const emptyDraft: Draft = {
  modelId: '',
  datasetId: '',
  name: '',
  strategies: ['result-oriented'],
  goalKind: 'keep-macs',
  goals: '30',
  seeds: 1,
  firstSeed: 0,
  allocation: 'global',
  iterations: 1,
  refits: ['sequential'],
  calibration: 2048,
  refitSamples: '',
  batch: 128,
  finetune: { epochs: 0, samples: 0, learningRate: 0.02, distill: false },
  roundTo: 1,
  protect: [],
  backend: 'auto',
}

export const draftKey = (projectId: string): string => `new-run.draft.${projectId}`

export const isShare = (kind: Goal['kind']): boolean => kind === 'keep-macs' || kind === 'keep-params'

/** The numbers that were typed, as the contract wants them; shares from percent. Wrong ones are left out. */
export function goalValues(draft: Pick<Draft, 'goals' | 'goalKind'>): number[] {
  const numbers = draft.goals
    .split(/[\s,;,、]+/)
    .map((text) => Number(text.replace('%', '')))
    .filter((value) => Number.isFinite(value) && value > 0)
  const values = isShare(draft.goalKind) ? numbers.filter((value) => value <= 100).map((value) => value / 100) : numbers
  return [...new Set(values)]
}

/** Number fields may be empty or odd while they are typed in. */
const whole = (value: unknown, least: number): number => Math.max(least, Math.round(Number(value) || 0))

/** A draft as it was kept, also by an earlier version that had fewer fields. */
export const wholeDraft = (kept: Partial<Draft>): Draft => ({ ...emptyDraft, ...kept })

/** The network of the same size, trained from new weights: what every pruned one is to be compared with. */
export const scratch = 'scratch'

/** New weights have no survivors to refit, so this strategy has one arm. */
export const armsOf = (strategy: string, refits: Draft['refits']): Draft['refits'] =>
  strategy === scratch ? ['none'] : refits

/** The result-oriented decision prices every removal anew anyway, and from scratch nothing is scored. */
export const stepsOf = (strategy: string, iterations: number): Pick<RunConfig, 'iterations'> => {
  const steps = Math.min(64, whole(iterations, 1))
  return steps > 1 && strategy !== 'result-oriented' && strategy !== scratch ? { iterations: steps } : {}
}

/** One configuration a run: strategies x budgets x refits x seeds. */
export function draftConfigs(draft: Draft): RunConfig[] {
  const configs: RunConfig[] = []
  for (const value of goalValues(draft)) {
    for (const strategy of draft.strategies) {
      for (const refit of armsOf(strategy, draft.refits)) {
        for (let seed = 0; seed < whole(draft.seeds, 1); seed++) {
          configs.push({
            strategy,
            allocation: draft.allocation,
            ...stepsOf(strategy, draft.iterations),
            goal: { kind: draft.goalKind, value },
            calibration: whole(draft.calibration, 16),
            refit,
            ...(draft.refitSamples === '' ? {} : { refitSamples: whole(draft.refitSamples, 0) }),
            finetune: { ...draft.finetune },
            roundTo: whole(draft.roundTo, 1),
            protect: [...draft.protect],
            backend: draft.backend,
            seed: whole(draft.firstSeed, 0) + seed,
            batch: whole(draft.batch, 1),
          })
        }
      }
    }
  }
  return configs
}

/** The form filled with a run's configuration, for "clone". */
export function draftFrom({ modelId, datasetId, config }: Pick<Run, 'modelId' | 'datasetId' | 'config'>): Draft {
  const { goal } = config
  return {
    ...emptyDraft,
    modelId,
    datasetId,
    strategies: [config.strategy],
    goalKind: goal.kind,
    goals: String(isShare(goal.kind) ? Number((goal.value * 100).toFixed(4)) : goal.value),
    firstSeed: config.seed,
    allocation: config.allocation,
    iterations: config.iterations ?? 1,
    refits: [config.refit],
    calibration: config.calibration,
    refitSamples: config.refitSamples ?? '',
    batch: config.batch,
    finetune: { ...config.finetune },
    roundTo: config.roundTo,
    protect: [...config.protect],
    backend: config.backend,
  }
}
