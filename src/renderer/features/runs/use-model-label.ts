/** Names of models in the present language. */
import type { Model } from '../../../contract'
import { useModels } from '../models'
import { useRuns } from './runs.store'
import { useLabels } from './use-labels'

/** A result that nobody named is called by its run, which is said in the person's language; its own name has the ids of the services. */
export function useModelLabel(): (model: Model) => string {
  const models = useModels()
  const runs = useRuns()
  const labels = useLabels()
  return (model) => {
    const run = model.runId ? runs.byId(model.runId) : undefined
    const from = model.parentId ? models.byId(model.parentId) : undefined
    return run && from && model.name.startsWith(`${from.name} · `) ? `${from.name} · ${labels.run(run)}` : model.name
  }
}
