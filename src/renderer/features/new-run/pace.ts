/** How long a sweep will take, judged by how long runs like these have taken on this machine. */
import type { Run, RunConfig } from '../../../contract'

export interface PaceEstimate {
  /** Of the runs that can be judged, one after the other; null where none can. */
  readonly seconds: number | null
  /** How many earlier runs it rests on. */
  readonly from: number
  /** How many of the new runs are like none before. */
  readonly unknown: number
}

const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? 0
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? 0)) / 2
}

/** What the time of a run depends on most, from exact to rough. */
const likeness: readonly ((config: RunConfig) => string)[] = [
  ({ strategy, refit, finetune, allocation, calibration }) =>
    `${strategy} ${refit} ${finetune.epochs} ${finetune.samples} ${allocation} ${calibration}`,
  ({ strategy, refit, finetune }) => `${strategy} ${refit} ${finetune.epochs} ${finetune.samples}`,
  ({ refit, finetune }) => `${refit} ${finetune.epochs} ${finetune.samples}`,
]

/** Runs on other models or data say nothing here, and neither do those that were cut short. */
export function estimatePace(
  configs: readonly RunConfig[],
  runs: readonly Run[],
  of: { readonly modelId: string; readonly datasetId: string },
): PaceEstimate {
  const finished = runs.filter(
    (run) => run.status === 'done' && run.result && run.modelId === of.modelId && run.datasetId === of.datasetId,
  )
  const tables = likeness.map((keyOf) => {
    const groups = new Map<string, number[]>()
    for (const { config, result } of finished) {
      const key = keyOf(config)
      const times = groups.get(key) ?? []
      groups.set(key, times)
      times.push((result?.timing.totalMs ?? 0) / 1000)
    }
    return { keyOf, groups }
  })
  let seconds = 0
  let judged = 0
  const used = new Map<readonly number[], true>()
  for (const config of configs) {
    const times = tables.map(({ keyOf, groups }) => groups.get(keyOf(config))).find((found) => found !== undefined)
    if (!times) continue
    used.set(times, true)
    seconds += median(times)
    judged += 1
  }
  const from = [...used.keys()].reduce((sum, times) => sum + times.length, 0)
  return {
    seconds: judged === 0 ? null : seconds,
    from: Math.min(from, finished.length),
    unknown: configs.length - judged,
  }
}
