/** What every project takes on the disk, and what nothing refers to. */
import { join } from 'node:path'
import type { Storage } from '../../contract/entities'
import type { ServiceContext } from './context'
import { fileBytes, folderBytes, foldersIn } from './disk'

/** A file that two projects share counts for both, and once in the sum. */
export async function measureStorage({ store, artifacts, layout }: ServiceContext): Promise<Storage> {
  const parts = new Map<string, { models: number; data: number; runs: number }>()
  const of = (projectId: string) => {
    const found = parts.get(projectId) ?? { models: 0, data: 0, runs: 0 }
    parts.set(projectId, found)
    return found
  }
  const sizes = new Map<string, number>()
  for (const { projectId, kind, hash } of store.storage.files()) {
    const size = sizes.get(hash) ?? (await fileBytes(artifacts.pathOf(hash)))
    sizes.set(hash, size)
    of(projectId)[kind] += size
  }
  const owners = store.storage.owners()
  for (const [folder, kind] of [
    [layout.runs, 'runs'],
    [layout.data, 'data'],
  ] as const) {
    for (const name of await foldersIn(folder)) {
      const projectId = owners.get(name)
      if (projectId !== undefined) of(projectId)[kind] += await folderBytes(join(folder, name))
    }
  }
  const named = [...sizes.values()].reduce((sum, size) => sum + size, 0)
  const list = [
    ...store.projects.list().map((one) => ({ one, deleted: false })),
    ...store.projects.list(true).map((one) => ({ one, deleted: true })),
  ]
  const databases = ['', '-wal', '-shm'].map((suffix) => fileBytes(layout.database + suffix))
  return {
    dataFolder: layout.home,
    totalBytes: await folderBytes(layout.home),
    databaseBytes: (await Promise.all(databases)).reduce((sum, size) => sum + size, 0),
    exportBytes: await folderBytes(layout.exports),
    unusedBytes: Math.max(0, (await artifacts.size()) - named),
    projects: list
      .map(({ one, deleted }) => ({ projectId: one.id, name: one.name, deleted, ...of(one.id) }))
      .toSorted((a, b) => b.models + b.data + b.runs - (a.models + a.data + a.runs)),
  }
}
