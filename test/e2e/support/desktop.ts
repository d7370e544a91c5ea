/** The desktop under test: real Electron where its binary exists, the stand-in elsewhere; the same shape either way. */
import type { ChildProcess } from 'node:child_process'
import { join } from 'node:path'
import { _electron, type Page } from 'playwright-core'
import { electronBinary } from '../../../scripts/lib/desktop.mjs'
import { standIn } from '../../electron-stand-in/launch'
import { root, type Workspace } from './workspace'

export const realElectron = electronBinary()

/** What Playwright's ElectronApplication and the stand-in have in common. */
export interface Desktop {
  firstWindow(): Promise<Page>
  windows(): Page[]
  process(): ChildProcess
  evaluate<T, A>(run: (electron: typeof import('electron'), argument: A) => T | Promise<T>, argument: A): Promise<T>
  evaluate<T>(run: (electron: typeof import('electron')) => T | Promise<T>): Promise<T>
  close(): Promise<void>
}

/** `main` and `resourcesPath`: of a packed application; absent, the build of the checkout. */
export async function launchDesktop(
  workspace: Workspace,
  packed?: { main: string; resourcesPath: string },
): Promise<Desktop> {
  const userData = `--user-data-dir=${join(workspace.home, 'electron')}`
  // Electron ignores NODE_OPTIONS' --import; its session's own request filter is what keeps it here.
  const { NODE_OPTIONS: _unused, ...environment } = workspace.environment
  const desktop: Desktop =
    realElectron && !packed
      ? await _electron.launch({
          executablePath: realElectron,
          args: [root, userData],
          env: environment as Record<string, string>,
        })
      : await standIn.launch({
          args: [packed?.main ?? join(root, 'out/main/main.js'), userData],
          env: workspace.environment,
          ...(packed ? { resourcesPath: packed.resourcesPath } : {}),
        })
  const firstWindow = desktop.firstWindow.bind(desktop)
  desktop.firstWindow = async () => workspace.watch.observe(await firstWindow())
  return desktop
}
