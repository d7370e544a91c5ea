/** From runs to the points of the trade-off chart: shares, means over seeds, the Pareto front. */
import type { Run } from '../../../contract'
import { lessIsBetter } from '../../../contract/outcome'
import { armKey, figuresOf } from '../runs'

export type SizeMeasure = 'macs' | 'params' | 'bytes' | 'latency'
export type ResultMeasure = 'accuracy' | 'agreement'

export interface Point {
  /** Of the run, or of the first run of an arm. */
  readonly runId: string
  readonly runIds: readonly string[]
  readonly strategy: string
  readonly refit: string
  /** Percent of the original's size; milliseconds where it is the latency. */
  readonly x: number
  /** Percent; an error or a perplexity turned round, so that more is better here too. */
  readonly y: number
  /** Standard deviation over seeds; 0 for one run. */
  readonly spread: number
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Sample standard deviation (n - 1). */
export const deviation = (values: readonly number[]): number => {
  if (values.length < 2) return 0
  const middle = mean(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - middle) ** 2, 0) / (values.length - 1))
}

const sizeOf = (run: Run, size: SizeMeasure): number | null => {
  const { macsKept, paramsKept, bytesKept, latency } = figuresOf(run)
  if (size === 'latency') return latency
  const share = { macs: macsKept, params: paramsKept, bytes: bytesKept }[size]
  return share === null ? null : 100 * share
}

const resultOf = (run: Run, result: ResultMeasure): number | null => {
  const figures = figuresOf(run)
  if (result === 'agreement') return figures.agreement === null ? null : figures.agreement * 100
  return figures.metric !== null && lessIsBetter(figures.metricName) ? -figures.metric : figures.metric
}

/** One point a run, or one an arm (runs that differ in the seed alone). Runs without figures have none. */
export function tradeoffPoints(
  runs: readonly Run[],
  size: SizeMeasure,
  result: ResultMeasure,
  overSeeds: boolean,
): Point[] {
  const arms = new Map<string, { run: Run; x: number; y: number }[]>()
  for (const run of runs) {
    const x = sizeOf(run, size)
    const y = resultOf(run, result)
    if (x === null || y === null) continue
    const key = overSeeds ? `${run.modelId} ${run.datasetId} ${armKey(run.config)}` : run.id
    const arm = arms.get(key)
    if (arm) arm.push({ run, x, y })
    else arms.set(key, [{ run, x, y }])
  }
  return [...arms.values()].flatMap((arm) => {
    const [first] = arm
    if (!first) return []
    return [
      {
        runId: first.run.id,
        runIds: arm.map((member) => member.run.id),
        strategy: first.run.config.strategy,
        refit: first.run.config.refit,
        x: mean(arm.map((member) => member.x)),
        y: mean(arm.map((member) => member.y)),
        spread: deviation(arm.map((member) => member.y)),
      },
    ]
  })
}

/** Whether two charts of points are one. */
export const samePoints = (a: readonly Point[], b: readonly Point[]): boolean =>
  a.length === b.length &&
  a.every((point, at) => {
    const other = b[at] as Point
    return (
      point.x === other.x &&
      point.y === other.y &&
      point.spread === other.spread &&
      point.strategy === other.strategy &&
      point.refit === other.refit &&
      point.runIds.length === other.runIds.length &&
      point.runIds.every((id, place) => id === other.runIds[place])
    )
  })

/** How many points below the best still tell runs apart; what lies deeper has collapsed and is drawn at the edge. */
const viewDepth = 8

/** The lowest percentage the chart shows, or null where everything fits, or most would not. */
export function viewFloor(points: readonly Point[], original: number | null): number | null {
  if (points.length === 0) return null
  const best = Math.max(original ?? Number.NEGATIVE_INFINITY, ...points.map((point) => point.y))
  const floor = Math.floor(best - viewDepth)
  const inside = points.filter((point) => point.y >= floor).length
  return 2 * inside < points.length || inside === points.length ? null : floor
}

/** More than this many cannot be told apart on a screen, and take longer to draw than a person waits. */
const mostDrawn = 600
/** A mark is about ten pixels wide: marks that are closer lie on one another. */
const [columns, lines] = [48, 24]

export interface Thinned<P> {
  readonly drawn: readonly P[]
  /** Runs of the points that a drawn one stands for, by its run. */
  readonly behind: ReadonlyMap<string, readonly string[]>
}

/**
 * What is drawn of very many points: in each cell of a grid the first of each strategy, and every point that `keeps`
 * says (the front, what is selected). Few points are all drawn.
 */
export function thinPoints<P extends Pick<Point, 'runId' | 'runIds' | 'x' | 'y' | 'strategy'>>(
  points: readonly P[],
  keeps: (point: P) => boolean,
): Thinned<P> {
  if (points.length <= mostDrawn) return { drawn: points, behind: new Map() }
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity]
  for (const { x, y } of points) {
    left = Math.min(left, x)
    right = Math.max(right, x)
    low = Math.min(low, y)
    high = Math.max(high, y)
  }
  const cell = (value: number, from: number, to: number, cells: number) =>
    to > from ? Math.floor(((value - from) / (to - from)) * cells) : 0
  const behind = new Map<string, string[]>()
  const standing = new Map<string, string[]>()
  const drawn = points.filter((point) => {
    const key = `${point.strategy} ${cell(point.x, left, right, columns)} ${cell(point.y, low, high, lines)}`
    const hidden = standing.get(key)
    if (hidden && !keeps(point)) {
      hidden.push(...point.runIds)
      return false
    }
    if (!hidden) {
      const stands: string[] = []
      standing.set(key, stands)
      behind.set(point.runId, stands)
    }
    return true
  })
  return { drawn, behind }
}

/** The points that no other beats in both, from small to large: nothing smaller is as good. */
export function paretoFront<P extends { readonly x: number; readonly y: number }>(points: readonly P[]): P[] {
  const front: P[] = []
  for (const point of points.toSorted((a, b) => a.x - b.x || b.y - a.y)) {
    const last = front.at(-1)
    if (!last || point.y > last.y) front.push(point)
  }
  return front
}
