/** Curves of several runs on one chart: which series there are, smoothed, and how lines of one colour are told apart. */
import type { MetricPoint } from '../../../contract'

export type Curve = readonly (readonly [number, number | null])[]

/** Series by name, each with the curve of every run that has it. */
export function seriesOf(points: ReadonlyMap<string, readonly MetricPoint[]>): Map<string, Map<string, Curve>> {
  const series = new Map<string, Map<string, [number, number | null][]>>()
  for (const [runId, all] of points) {
    for (const { name, step, value } of all) {
      const runs = series.get(name) ?? new Map<string, [number, number | null][]>()
      series.set(name, runs)
      const curve = runs.get(runId)
      if (curve) curve.push([step, value])
      else runs.set(runId, [[step, value]])
    }
  }
  for (const runs of series.values()) for (const curve of runs.values()) curve.sort((a, b) => a[0] - b[0])
  return new Map([...series].sort(([a], [b]) => (a < b ? -1 : 1)))
}

/**
 * Exponential moving average without the pull towards zero at its start (Adam's correction), as trackers draw it.
 * @param weight of what came before, 0 (as measured) to below 1; gaps stay gaps
 */
export function smoothed(curve: Curve, weight: number): Curve {
  if (weight <= 0) return curve
  let [mean, seen] = [0, 0]
  return curve.map(([step, value]) => {
    if (value === null) return [step, null] as const
    mean = weight * mean + (1 - weight) * value
    seen += 1
    return [step, mean / (1 - weight ** seen)] as const
  })
}

export const dashes = ['solid', 'dashed', 'dotted'] as const

/** Runs of one colour are told apart by their line: how many of the same colour came before. */
export function dashesOf(colours: readonly number[]): (typeof dashes)[number][] {
  const seen = new Map<number, number>()
  return colours.map((colour) => {
    const before = seen.get(colour) ?? 0
    seen.set(colour, before + 1)
    return dashes[before % dashes.length] ?? 'solid'
  })
}
