/** What is not about one project: settings, the doctor, the shell's own abilities. */
import { availableParallelism, cpus, release, totalmem } from 'node:os'
import type { PathKind } from '../../contract/api'
import type { Doctor, Settings } from '../../contract/entities'
import { networkReport } from '../engine/index'
import type { SettingsChanges } from '../store/index'
import type { ServiceContext } from './context'
import { diagnosticsBundle } from './diagnostics'
import { folderBytes } from './disk'
import { measureStorage } from './storage'
import type { TrashService } from './trash'

export type { PathKind }

/** What differs between the desktop window and the browser. */
export interface ShellAbilities {
  readonly kind: 'electron' | 'server'
  /** The platform's dialog; null where the person cancelled. Absent where there is none. */
  readonly pickPath?: (kind: PathKind, suggested?: string) => Promise<string | null>
}

export function appService(context: ServiceContext, shell: ShellAbilities, trash: TrashService) {
  const { store, engine, layout, product } = context
  const doctor = async (): Promise<Doctor> => {
    const [{ versions, backends, network: ofEngine }, storeBytes] = await Promise.all([
      engine.run('doctor', {}),
      folderBytes(layout.home),
    ])
    const own = networkReport()
    return {
      versions: { espalier: product, node: process.versions.node, sqlite: store.sqliteVersion(), ...versions },
      platform: `${process.platform} ${process.arch} ${release()}`,
      cpu: cpus()[0]?.model.trim() ?? 'unknown',
      cores: availableParallelism(),
      memoryBytes: totalmem(),
      dataFolder: layout.home,
      storeBytes,
      backends,
      ...(own.guarded
        ? {
            network: {
              guarded: true,
              refused: own.refused + (ofEngine?.refused ?? 0),
              proven: own.proven,
              engineProven: ofEngine?.proven ?? false,
            },
          }
        : {}),
    }
  }
  return {
    settings: (): Settings => store.settings.get(),
    saveSettings: (changes: SettingsChanges): Settings => store.settings.save(changes),
    emptyTrash: (projectId?: string) => trash.empty(projectId),
    pickPath: async (kind: PathKind, suggested?: string): Promise<string | null> =>
      shell.pickPath ? shell.pickPath(kind, suggested) : null,
    shell: () => ({ kind: shell.kind, canPickPaths: shell.pickPath !== undefined, platform: process.platform }),
    storage: () => measureStorage(context),
    async diagnostics(): Promise<{ fileName: string; file: Blob }> {
      const bundle = await diagnosticsBundle({
        doctor: await doctor(),
        storage: await measureStorage(context),
        facts: store.storage.facts(),
        settings: store.settings.get(),
        engine: engine.state(),
      })
      const file = new Blob([bundle as Uint8Array<ArrayBuffer>], { type: 'application/zip' })
      return { fileName: `espalier-diagnostics-${new Date().toISOString().slice(0, 10)}.zip`, file }
    },
    doctor,
  }
}
