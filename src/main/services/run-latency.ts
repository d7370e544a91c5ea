/** Measures what runs' networks take: a few at a time beside the network they come from, each kept as soon as it is known. */
import type { Run } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import { say } from '../../contract/sentences'
import type { ServiceContext } from './context'
import type { DatasetService } from './datasets'
import type { ModelService } from './models'
import { createTask } from './tasks'

/** Networks that are held and timed together. */
const together = 4

export interface LatencyRequest {
  readonly ids: readonly string[]
  /** Name under which `task-progress` tells how far it is. */
  readonly task?: string | undefined
}

function parts(runs: readonly Run[]): Run[][] {
  const found = new Map<string, Run[][]>()
  for (const run of runs) {
    // One original and one form of sample a part.
    const key = `${run.modelId} ${run.datasetId}`
    const some = found.get(key) ?? [[]]
    found.set(key, some)
    if ((some.at(-1) as Run[]).length === together) some.push([])
    some.at(-1)?.push(run)
  }
  return [...found.values()].flat()
}

export function latencyService(context: ServiceContext, models: ModelService, datasets: DatasetService) {
  const { store, engine, events } = context
  return {
    /** Called off by `signal`, what was measured stays. @throws CONFLICT for a run without a network, CANCELLED, and what loading raises */
    async measure({ ids, task: name }: LatencyRequest, signal?: AbortSignal): Promise<Run[]> {
      const runs = ids.map((id) => store.runs.brief(id))
      const without = runs.find(({ resultModelId }) => resultModelId === null)
      if (without) throw new EspalierError('CONFLICT', say('error.no-network', { name: without.name }))
      const task = createTask(context, name, signal)
      const work = parts(runs)
      for (const [at, some] of work.entries()) {
        task.check()
        const [first] = some as [Run]
        const dataset = store.datasets.get(first.datasetId)
        const found = await engine.run(
          'latency',
          {
            original: models.filesOf(first.modelId),
            networks: some.map(({ resultModelId }) => models.filesOf(resultModelId as string)),
            // What a network takes hangs on its samples' form alone.
            data: dataset.missing ? null : datasets.locationOf(first.datasetId),
          },
          task.part(at / work.length, (at + 1) / work.length).job,
        )
        for (const [place, run] of some.entries()) {
          const latency = found[place]
          if (!latency) continue
          store.runs.keepLatency(run.id, { ...latency, of: 'network', at: new Date().toISOString() })
          events.emit({ type: 'run-changed', run: store.runs.brief(run.id) })
        }
        task.tell((at + 1) / work.length)
      }
      return ids.map((id) => store.runs.brief(id))
    },
  }
}
