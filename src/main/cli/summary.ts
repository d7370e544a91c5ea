/** Mean and spread over the seeds of a sweep, one row a strategy, refit and goal. */
import { lessIsBetter } from '../../contract/outcome'
import type { Goal, RunConfig } from '../../contract/run'
import { goalName, type SweepRun } from './sweep'

export interface Spread {
  readonly mean: number
  /** Sample standard deviation; null with a single seed. */
  readonly sd: number | null
  readonly values: readonly number[]
}

export interface SummaryRow {
  readonly strategy: string
  readonly refit: RunConfig['refit']
  readonly goal: Goal
  readonly seeds: readonly number[]
  /** The task metric after everything; null without labels. */
  readonly metric: Spread | null
  /** Points lost against the original. */
  readonly drop: Spread | null
  readonly kl: Spread
  readonly agreement: Spread
  /** Share of the MACs and parameters that stay. */
  readonly macsKept: Spread
  readonly paramsKept: Spread
}

export function spread(values: readonly number[]): Spread {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return { mean, sd: values.length > 1 ? Math.sqrt(squares / (values.length - 1)) : null, values }
}

/** Points of the task metric that a run lost; an error metric loses by growing. */
export function dropOf({ compression: { result } }: SweepRun): number | null {
  const after = result.afterRecovery ?? result.afterPruning
  if (result.before === null || after === null) return null
  return lessIsBetter(result.metric) ? after - result.before : result.before - after
}

/** Rows in the order in which the sweep first reaches them. */
export function summarise(runs: readonly SweepRun[]): SummaryRow[] {
  const cells = new Map<string, SweepRun[]>()
  for (const run of runs) {
    const { strategy, refit, goal } = run.config
    const key = `${strategy} ${refit} ${goalName(goal)}`
    const cell = cells.get(key)
    if (cell) cell.push(run)
    else cells.set(key, [run])
  }
  return [...cells.values()].map((cell) => {
    const { strategy, refit, goal } = (cell[0] as SweepRun).config
    const over = (pick: (run: SweepRun) => number) => spread(cell.map(pick))
    const overLabels = (pick: (run: SweepRun) => number | null) => {
      const values = cell.map(pick).filter((value) => value !== null)
      return values.length === cell.length ? spread(values) : null
    }
    return {
      strategy,
      refit,
      goal,
      seeds: cell.map((run) => run.config.seed),
      metric: overLabels(({ compression: { result } }) => result.afterRecovery ?? result.afterPruning),
      drop: overLabels(dropOf),
      kl: over((run) => run.compression.result.kl),
      agreement: over((run) => run.compression.result.agreement),
      macsKept: over(({ compression: { model } }) => model.after.macs / model.before.macs),
      paramsKept: over(({ compression: { model } }) => model.after.params / model.before.params),
    }
  })
}
