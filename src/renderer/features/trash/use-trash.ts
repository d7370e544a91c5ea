/** What of the open project lies in the trash, kept fresh by events, and the ways back. */
import { onScopeDispose, ref, shallowRef } from 'vue'
import type { Dataset, ErrorReport, Model, Run } from '../../../contract'
import { api } from '../../app/client'
import { readError } from '../../app/errors'
import { onEvents } from '../../app/events'

export const trashKinds = ['runs', 'models', 'datasets'] as const
export type TrashKind = (typeof trashKinds)[number]

export interface Trash {
  readonly runs: readonly Run[]
  readonly models: readonly Model[]
  readonly datasets: readonly Dataset[]
}

const newestFirst = <T extends { readonly deletedAt: string | null }>(items: readonly T[]): T[] =>
  items.toSorted((a, b) => (b.deletedAt ?? '').localeCompare(a.deletedAt ?? ''))

export function useTrash(projectId: string) {
  const trash = shallowRef<Trash>({ runs: [], models: [], datasets: [] })
  const loaded = ref(false)
  const error = ref<ErrorReport | null>(null)
  let turn = 0

  async function load(): Promise<void> {
    const mine = ++turn
    try {
      const of = { projectId, deleted: true }
      const [runs, models, datasets] = await Promise.all([
        api().runs.list(of),
        api().models.list(of),
        api().datasets.list(of),
      ])
      if (mine !== turn) return
      // The model that a trashed run made goes and comes with its run.
      const gone = new Set(runs.map((run) => run.id))
      trash.value = {
        runs: newestFirst(runs),
        models: newestFirst(models.filter((model) => model.runId === null || !gone.has(model.runId))),
        datasets: newestFirst(datasets),
      }
      error.value = null
    } catch (thrown) {
      if (mine === turn) error.value = readError(thrown)
    }
    loaded.value = true
  }

  onScopeDispose(
    onEvents(
      (event) => {
        if (event.type === 'project-changed' && event.projectId === projectId) void load()
      },
      () => void load(),
    ),
  )

  async function restore(kind: TrashKind, ids: readonly string[]): Promise<void> {
    if (kind === 'runs') await api().runs.restore({ ids: [...ids] })
    else for (const id of ids) await api()[kind].restore({ id })
    await load()
  }

  async function empty(): Promise<{ removed: number; freedBytes: number }> {
    const done = await api().app.emptyTrash({ projectId })
    await load()
    return done
  }

  return { trash, loaded, error, load, restore, empty }
}
