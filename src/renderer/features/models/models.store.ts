/** The models of the project that is open, and the views (graph, groups) that were asked for. */
import { defineStore } from 'pinia'
import { computed, markRaw, ref, shallowReactive } from 'vue'
import type { Model, ModelView } from '../../../contract'
import { api } from '../../app/client'
import { createProjectList } from '../../app/project-list'
import { useTask } from '../../app/use-task'
import { asGiven, type Source } from '../../ui/given-files'

export const useModels = defineStore('models', () => {
  const list = createProjectList<Model>((projectId) => api().models.list({ projectId }))
  /** The import that goes on, and what is read: here and not on a screen, so that leaving the screen does not end it. */
  const task = markRaw(useTask())
  const reading = ref('')
  const views = shallowReactive(new Map<string, ModelView>())

  /** Models a person brought, as opposed to those that runs made; newest first. */
  const originals = computed(() =>
    list.items.value
      .filter((model) => model.parentId === null)
      .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)),
  )

  async function view(id: string): Promise<ModelView> {
    const found = views.get(id)
    if (found) return found
    const read = await api().models.view({ id })
    views.set(id, read)
    return read
  }

  /** Called off by `signal`; nothing is on record then. `task`: the name its progress is told under. */
  async function importFrom(source: Source, task: string, signal: AbortSignal): Promise<Model> {
    const { model, view: read } = await api().models.import(
      { projectId: list.projectId.value, ...asGiven(source), task },
      { signal },
    )
    views.set(model.id, read)
    await list.reload()
    return model
  }

  async function rename(id: string, name: string): Promise<void> {
    await api().models.rename({ id, name })
    await list.reload()
  }

  async function remove(id: string): Promise<void> {
    await api().models.remove({ id })
    await list.reload()
  }

  async function restore(id: string): Promise<void> {
    await api().models.restore({ id })
    await list.reload()
  }

  return { ...list, task, reading, originals, view, importFrom, rename, remove, restore }
})
