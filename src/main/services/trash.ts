/** The trash: 30 days, or emptied by hand; files go when nothing refers to them any more. */
import { readdir, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { trashDays } from '../../contract/trash'
import type { ServiceContext } from './context'

const dayMs = 24 * 60 * 60 * 1000
/** A file this young may belong to a row that another process is about to write. */
const graceMs = 60 * 60 * 1000

export function trashService(context: ServiceContext) {
  const { store, artifacts, layout, events } = context

  /** Removes the sub-folders that belong to no row any more, unless they are so young that their row may be on its way. */
  const removeFolders = async (folder: string, living: ReadonlySet<string>, grace = 0): Promise<void> => {
    let names: string[]
    try {
      names = await readdir(folder)
    } catch {
      return
    }
    for (const name of names) {
      if (living.has(name)) continue
      const path = join(folder, name)
      if (grace > 0 && (await stat(path)).mtimeMs > Date.now() - grace) continue
      await rm(path, { recursive: true, force: true })
    }
  }
  const purge = async (before: number, projectId?: string): Promise<{ removed: number; freedBytes: number }> => {
    const removed = store.trash.purge(new Date(before).toISOString(), projectId)
    if (removed === 0) return { removed, freedBytes: 0 }
    await removeFolders(layout.runs, store.trash.runIds())
    await removeFolders(layout.data, store.trash.datasetIds(), graceMs)
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
