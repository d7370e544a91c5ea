/** A sweep: strategies x refits x goals x seeds, each run in its own folder, finished runs kept when it is started again. */
import { join } from 'node:path'
import type { Goal, Progress, RunConfig } from '../../contract/run'
import { type CompressionRequest, type FinishedRun, runCompression } from './compression'
import type { RunFolder } from './run-folder'

export interface SweepRun extends FinishedRun {
  /** Also the name of the run's folder. */
  readonly name: string
  readonly config: RunConfig
}

/** A file-name-safe name that tells the runs of a sweep apart. */
export const runName = ({ strategy, refit, goal, seed }: RunConfig): string =>
  `${strategy}-${refit}-${goalName(goal)}-seed-${seed}`

export const goalName = ({ kind, value }: Goal): string => `${kind}-${value}`

export interface SweepRequest extends Omit<CompressionRequest, 'config'> {
  readonly configs: readonly RunConfig[]
  /** Keeps the results of finished runs until the whole sweep is done. */
  readonly steps: RunFolder
}

/**
 * Runs one configuration after the other; a run that fails ends the sweep, and what is finished is kept.
 * @throws whatever a run raises
 */
export async function runSweep(request: SweepRequest): Promise<SweepRun[]> {
  const { configs, out, steps, log } = request
  const runs: SweepRun[] = []
  for (const [i, config] of configs.entries()) {
    const name = runName(config)
    const kept = await steps.load(name)
    if (kept) {
      runs.push({ name, config, ...(JSON.parse(new TextDecoder().decode(kept)) as FinishedRun) })
      continue
    }
    log('info', `Run ${i + 1} of ${configs.length}: ${name}`)
    const finished = await runCompression({
      ...request,
      config,
      out: join(out, 'runs', name),
      progress: (now: Progress) =>
        request.progress({
          ...now,
          fraction: (i + now.fraction) / configs.length,
          detail: `${i + 1} of ${configs.length}, ${name}: ${now.detail}`,
          detailSaid: undefined,
        }),
    })
    await steps.save(name, new TextEncoder().encode(JSON.stringify(finished)))
    runs.push({ name, config, ...finished })
  }
  return runs
}
