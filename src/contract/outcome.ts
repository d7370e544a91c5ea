/** What a run's task metric means: its unit, its direction, and how much of it was lost. */
import type { Dataset } from './entities'
import type { Outcome } from './run'

type Metric = Outcome['metric']

/** Errors and perplexities: less is better, and they are no percentages. */
export const lessIsBetter = (metric: Metric): boolean => metric === 'rmse' || metric === 'perplexity'

/**
 * What was lost from `before` to `after`: points of accuracy, F1 or mean IoU, percent of the original's RMSE or perplexity;
 * negative where it gained, null where there is no metric.
 */
export function lostOf(metric: Metric, before: number | null, after: number | null): number | null {
  if (before === null || after === null) return null
  return lessIsBetter(metric) ? (100 * (after - before)) / Math.max(before, Number.MIN_VALUE) : before - after
}

/** Spreads above chance that guessing does not reach. */
const spreads = 3

/** Percent of samples that guessing among so many classes may get right: what is above it has learnt something of this data. */
export function guessedAtMost(classes: number, samples: number): number {
  const chance = 1 / classes
  return 100 * (chance + spreads * Math.sqrt((chance * (1 - chance)) / Math.max(1, samples)))
}

/** Figures compare on data of one content: the same file is another data set in another project. */
export const contentOf = ({ hash, mean, std }: Partial<Pick<Dataset, 'hash' | 'mean' | 'std'>>): string =>
  JSON.stringify([hash, mean, std])
