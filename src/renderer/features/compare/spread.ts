/** Runs that differ in their seed alone, with mean and spread of what they reached. */
import type { Run } from '../../../contract'
import { armKey, figuresOf, type Spread, spreadOf } from '../runs'

export interface Arm {
  readonly runs: readonly Run[]
  readonly metric: Spread | null
  readonly drop: Spread | null
  readonly macsKept: Spread | null
  readonly kl: Spread | null
}

/** Finished runs by everything but their seed, in the order given. */
export function armsOf(runs: readonly Run[]): Arm[] {
  const arms = new Map<string, Run[]>()
  for (const run of runs) {
    if (run.status !== 'done') continue
    const key = `${run.modelId} ${run.datasetId} ${armKey(run.config)}`
    arms.set(key, [...(arms.get(key) ?? []), run])
  }
  return [...arms.values()].map((members) => {
    const of = (key: 'metric' | 'drop' | 'macsKept' | 'kl') => spreadOf(members.map((run) => figuresOf(run)[key]))
    return { runs: members, metric: of('metric'), drop: of('drop'), macsKept: of('macsKept'), kl: of('kl') }
  })
}
