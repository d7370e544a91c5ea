/** Saved comparisons of the project that is open. */
import { defineStore } from 'pinia'
import type { Comparison } from '../../../contract'
import { api } from '../../app/client'
import { createProjectList } from '../../app/project-list'

export const useComparisons = defineStore('comparisons', () => {
  const list = createProjectList<Comparison>((projectId) => api().comparisons.list({ projectId }))

  async function save(name: string, runIds: string[], baselineRunId: string | null, id?: string): Promise<Comparison> {
    const saved = await api().comparisons.save({
      projectId: list.projectId.value,
      name,
      runIds,
      baselineRunId,
      ...(id ? { id } : {}),
    })
    await list.reload()
    return saved
  }

  async function remove(id: string): Promise<void> {
    await api().comparisons.remove({ id })
    await list.reload()
  }

  return { ...list, save, remove }
})
