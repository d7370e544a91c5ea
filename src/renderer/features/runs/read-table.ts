/** From the text of `runs.table` to runs; those of one machine share one environment. */
import type { Environment, Run } from '../../../contract'

interface Table {
  readonly environments: readonly Environment[]
  readonly runs: readonly (Omit<Run, 'environment'> & { environment: number | null })[]
}

export function readTable(text: string): Run[] {
  const { environments, runs } = JSON.parse(text) as Table
  return runs.map((run) => ({
    ...run,
    environment: run.environment === null ? null : (environments[run.environment] ?? null),
  }))
}
