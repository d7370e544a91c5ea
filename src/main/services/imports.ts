/** Imports that a kill or the end of their engine left in the middle: listed, begun again, discarded. */
import type { ServiceContext } from './context'
import type { DatasetService } from './datasets'
import type { ImportJournal } from './import-journal'
import type { ModelService } from './models'
import { createTask } from './tasks'

export function importService(
  context: ServiceContext,
  journal: ImportJournal,
  models: ModelService,
  datasets: DatasetService,
) {
  return {
    list: (projectId: string) => journal.list(projectId),
    discard: (id: string) => journal.discard(id),
    /** The same import from its beginning. @returns what came of it */
    again: (id: string, name: string | undefined, signal?: AbortSignal) =>
      journal.again(id, async ({ kind, file, ...request }) => {
        context.store.projects.get(request.projectId)
        const task = createTask(context, name, signal)
        const made =
          kind === 'model' ? (await models.bring(request, file, task)).model : await datasets.bring(request, file, task)
        return { kind, id: made.id }
      }),
  }
}
export type ImportService = ReturnType<typeof importService>
