/** What is not about one project: settings, the doctor, the shell's own abilities. */
import { readdir, stat } from 'node:fs/promises'
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import { join } from 'node:path'
import type { PathKind } from '../../contract/api'
import type { Doctor, Settings } from '../../contract/entities'
import type { SettingsChanges } from '../store/index'
import type { ServiceContext } from './context'
import type { TrashService } from './trash'

export type { PathKind }

/** What differs between the desktop window and the browser. */
export interface ShellAbilities {
  readonly kind: 'electron' | 'server'
  /** The platform's dialog; null where the person cancelled. Absent where there is none. */
  readonly pickPath?: (kind: PathKind, suggested?: string) => Promise<string | null>
}

/** Bytes of everything under a folder. */
async function folderBytes(folder: string): Promise<number> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  let bytes = 0
  for (const entry of entries) {
    if (!entry.isFile()) continue
    try {
      bytes += (await stat(join(entry.parentPath, entry.name))).size
    } catch {
      // It went away between the listing and the look, as temporary files do.
    }
  }
  return bytes
}

export function appService(context: ServiceContext, shell: ShellAbilities, trash: TrashService) {
  const { store, engine, layout, product } = context
  return {
    settings: (): Settings => store.settings.get(),
    saveSettings: (changes: SettingsChanges): Settings => store.settings.save(changes),
    emptyTrash: (projectId?: string) => trash.empty(projectId),
    pickPath: async (kind: PathKind, suggested?: string): Promise<string | null> =>
      shell.pickPath ? shell.pickPath(kind, suggested) : null,
    shell: () => ({ kind: shell.kind, canPickPaths: shell.pickPath !== undefined, platform: process.platform }),
    async doctor(): Promise<Doctor> {
      const [{ versions, backends }, storeBytes] = await Promise.all([
        engine.run('doctor', {}),
        folderBytes(layout.home),
      ])
      return {
        versions: { espalier: product, node: process.versions.node, sqlite: store.sqliteVersion(), ...versions },
        platform: `${process.platform} ${process.arch} ${release()}`,
        cpu: cpus()[0]?.model.trim() ?? 'unknown',
        cores: availableParallelism(),
        memoryBytes: totalmem(),
        dataFolder: layout.home,
        storeBytes,
        backends,
      }
    },
  }
}
