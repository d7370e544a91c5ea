/** The data sets of the project that is open. */
import { defineStore } from 'pinia'
import { computed, markRaw, ref } from 'vue'
import type { Dataset } from '../../../contract'
import { api } from '../../app/client'
import { createProjectList } from '../../app/project-list'
import { useTask } from '../../app/use-task'
import { asGiven, type Source } from '../../ui/given-files'

export interface Normalisation {
  readonly mean?: number[]
  readonly std?: number[]
}

export const useDatasets = defineStore('datasets', () => {
  const list = createProjectList<Dataset>((projectId) => api().datasets.list({ projectId }))

  /** The import that goes on, and of what: here and not on a screen, so that leaving the screen does not end it. */
  const importing = markRaw(useTask())
  const importName = ref('')

  /** Called off by `signal`; nothing is on record then. `task`: the name its progress is told under. */
  async function importFrom(
    source: Source,
    facts: Normalisation & { readonly name: string },
    task: string,
    signal: AbortSignal,
  ): Promise<Dataset> {
    const request = { projectId: list.projectId.value, ...asGiven(source), ...facts, task }
    const dataset = await api().datasets.import(request, { signal })
    await list.reload()
    return dataset
  }

  /** Says where data lies now; the services take it if its hash is the same. */
  async function relocate(
    id: string,
    source: { path: string } | { file: Blob },
    task: string,
    signal: AbortSignal,
  ): Promise<Dataset> {
    const placed = await api().datasets.relocate({ id, ...source, task }, { signal })
    await list.reload()
    return placed
  }

  const missing = computed(() => list.items.value.filter((dataset) => dataset.missing))
  /** Those that something can be run on. */
  const here = computed(() => list.items.value.filter((dataset) => !dataset.missing))

  async function remove(id: string): Promise<void> {
    await api().datasets.remove({ id })
    await list.reload()
  }

  async function restore(id: string): Promise<void> {
    await api().datasets.restore({ id })
    await list.reload()
  }

  return { ...list, importing, importName, missing, here, importFrom, relocate, remove, restore }
})
