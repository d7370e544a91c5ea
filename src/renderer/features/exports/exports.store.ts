/** Exports of the project that is open, with their proofs. */
import { defineStore } from 'pinia'
import type { Export } from '../../../contract'
import { api } from '../../app/client'
import { createProjectList } from '../../app/project-list'

export interface ExportRequest {
  readonly modelId: string
  readonly datasetId: string | null
  readonly formats: Export['format'][]
  readonly precision: Export['precision']
  readonly folder?: string
  /** The name its progress is told under. */
  readonly task: string
}

export const useExports = defineStore('exports', () => {
  const list = createProjectList<Export>((projectId) => api().exports.list({ projectId }))

  /** Called off by `signal`; nothing is on record then. */
  async function create(request: ExportRequest, signal: AbortSignal): Promise<Export[]> {
    const made = await api().exports.create(request, { signal })
    await list.reload()
    return made
  }

  const download = (id: string) => api().exports.download({ id })
  const kit = (id: string) => api().exports.kit({ id })
  /** Exports of one model as one archive. */
  const bundle = (ids: string[]) => api().exports.bundle({ ids })
  return { ...list, create, download, kit, bundle }
})
