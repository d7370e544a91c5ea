/** Imports of the open project that a kill, or the end of their engine, left in the middle. */
import { defineStore } from 'pinia'
import { markRaw } from 'vue'
import type { UnfinishedImport } from '../../../contract'
import { api } from '../../app/client'
import { createProjectList } from '../../app/project-list'
import { useTask } from '../../app/use-task'

export const useUnfinished = defineStore('unfinished-imports', () => {
  const list = createProjectList<UnfinishedImport>((projectId) => api().imports.unfinished({ projectId }))
  /** Here and not on a screen: whoever leaves the screen does not end the import. */
  const task = markRaw(useTask())
  return { ...list, task }
})

/** What a person called off is not to be begun again. `id`: the name that its call was given. */
export const discardImport = async (id: string): Promise<void> => {
  await api().imports.discard({ id })
}
