/** What the finished runs of a network say about a budget that was not tried: a range, and what it rests on. */
import type { Run, RunConfig } from '../../../contract'
import { figuresOf } from '../runs'

export interface Question {
  readonly modelId: string
  readonly datasetId: string
  readonly config: Pick<RunConfig, 'strategy' | 'refit' | 'allocation' | 'iterations' | 'finetune'>
}

export interface Expectation {
  /** `measured`: runs at this very budget; `between`: on both sides of it; `beyond`: nothing as small was tried. */
  readonly kind: 'measured' | 'between' | 'beyond'
  /** Points lost, or points of agreement lost where the data has no labels. */
  readonly low: number
  /** Null where nothing bounds it. */
  readonly high: number | null
  /** Finished runs it rests on, and the shares of MACs they kept. */
  readonly runs: number
  readonly at: readonly number[]
}

interface Point {
  readonly kept: number
  readonly lost: number
}

/** Runs as close as this to a budget, or to one another, were asked for the same one. */
const near = 0.015

/** Without epochs the other settings of the training say nothing. */
const sameTraining = (a: RunConfig['finetune'], b: RunConfig['finetune']): boolean =>
  a.epochs === 0
    ? b.epochs === 0
    : a.epochs === b.epochs &&
      a.samples === b.samples &&
      a.learningRate === b.learningRate &&
      a.distill === b.distill &&
      (a.schedule ?? 'linear') === (b.schedule ?? 'linear') &&
      (a.warmup ?? 0) === (b.warmup ?? 0) &&
      [...(a.augment ?? [])].sort().join() === [...(b.augment ?? [])].sort().join()

const pointsOf = (runs: readonly Run[], { modelId, datasetId, config }: Question): Point[] =>
  runs.flatMap((run) => {
    const { strategy, refit, allocation, finetune } = run.config
    const alike =
      run.status === 'done' &&
      run.deletedAt === null &&
      run.modelId === modelId &&
      run.datasetId === datasetId &&
      strategy === config.strategy &&
      refit === config.refit &&
      allocation === config.allocation &&
      run.config.iterations === config.iterations &&
      sameTraining(finetune, config.finetune)
    const { macsKept, drop, agreement } = figuresOf(run)
    const lost = drop ?? (agreement === null ? null : 100 * (1 - agreement))
    return alike && macsKept !== null && lost !== null ? [{ kept: macsKept, lost }] : []
  })

/**
 * The range of what a run that keeps this share of MACs loses, supposing only that a smaller network loses no less.
 * The original itself, which loses nothing, bounds it from above; beyond the smallest network tried nothing does.
 * @returns null where no finished run is like the one asked about
 */
export function expectation(runs: readonly Run[], question: Question, kept: number): Expectation | null {
  const points = pointsOf(runs, question)
  if (points.length === 0) return null
  const here = points.filter((point) => Math.abs(point.kept - kept) <= near)
  const made = (kind: Expectation['kind'], low: number, high: number | null, used: readonly Point[]): Expectation => ({
    kind,
    low,
    high,
    runs: used.length,
    at: [...new Set(used.map((point) => Math.round(100 * point.kept) / 100))].sort((a, b) => b - a),
  })
  const least = (list: readonly Point[]) => Math.min(...list.map((point) => point.lost))
  const most = (list: readonly Point[]) => Math.max(...list.map((point) => point.lost))
  if (here.length > 0) return made('measured', least(here), most(here), here)
  const larger = points.filter((point) => point.kept > kept)
  const smaller = points.filter((point) => point.kept < kept)
  const nextAbove = Math.min(...larger.map((point) => point.kept))
  const nextBelow = Math.max(...smaller.map((point) => point.kept))
  const above = larger.filter((point) => point.kept <= nextAbove + near)
  const below = smaller.filter((point) => point.kept >= nextBelow - near)
  const low = above.length > 0 ? least(above) : Math.min(0, least(below))
  return below.length > 0 ? made('between', low, most(below), [...above, ...below]) : made('beyond', low, null, above)
}
