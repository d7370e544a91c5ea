/** The data folder: where it is and how it is laid out. */
import { homedir } from 'node:os'
import { join } from 'node:path'

/** ESPALIER_HOME, or the platform's own place for application data. */
export function dataFolder(
  environment: Readonly<Record<string, string | undefined>> = process.env,
  platform: string = process.platform,
  home: string = homedir(),
): string {
  if (environment.ESPALIER_HOME) return environment.ESPALIER_HOME
  if (platform === 'win32') return join(environment.LOCALAPPDATA ?? join(home, 'AppData', 'Local'), 'Espalier')
  if (platform === 'darwin') return join(home, 'Library', 'Application Support', 'Espalier')
  return join(environment.XDG_DATA_HOME ?? join(home, '.local', 'share'), 'espalier')
}

/** Everything the product keeps, under one folder. */
export const layout = (home: string) => ({
  home,
  database: join(home, 'espalier.db'),
  artifacts: join(home, 'artifacts'),
  runs: join(home, 'runs'),
  exports: join(home, 'exports'),
  /** Folders of data that came in an archive, one a data set. */
  data: join(home, 'data'),
  locks: join(home, 'locks'),
})
export type Layout = ReturnType<typeof layout>
