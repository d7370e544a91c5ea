/** The trash: 30 days, or emptied by hand; files go when nothing refers to them any more. */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { trashDays } from '../../contract/trash'
import type { ServiceContext } from './context'

const dayMs = 24 * 60 * 60 * 1000
/** A file this young may belong to a row that another process is about to write. */
const graceMs = 60 * 60 * 1000

export function trashService(context: ServiceContext) {
  const { store, artifacts, layout, events } = context

  const removeRunFolders = async (): Promise<void> => {
    const living = store.trash.runIds()
    let names: string[]
    try {
      names = await readdir(layout.runs)
    } catch {
      return
    }
    for (const name of names) {
      if (!living.has(name)) await rm(join(layout.runs, name), { recursive: true, force: true })
    }
  }
  const purge = async (before: number, projectId?: string): Promise<{ removed: number; freedBytes: number }> => {
    const removed = store.trash.purge(new Date(before).toISOString(), projectId)
    if (removed === 0) return { removed, freedBytes: 0 }
    await removeRunFolders()
    const freedBytes = await artifacts.collect({ referenced: store.trash.referencedHashes(), graceMs })
    if (projectId !== undefined) events.emit({ type: 'project-changed', projectId })
    events.emit({ type: 'projects-changed' })
    return { removed, freedBytes }
  }
  return {
    /** Everything that is in the trash now, or what of one project is. */
    empty: (projectId?: string) => purge(Date.now(), projectId),
    /** What has been there for 30 days. */
    purgeOld: () => purge(Date.now() - trashDays * dayMs),
  }
}
export type TrashService = ReturnType<typeof trashService>
