/** Where the parts of the product lie, in a checkout and in a package. */
import { join } from 'node:path'
import { app } from 'electron'

export const places = () => ({
  engine: join(import.meta.dirname, 'engine.js'),
  preload: join(import.meta.dirname, '../preload/preload.cjs'),
  page: join(import.meta.dirname, '../renderer'),
  /** Outside the archive in a package, so that the engine's process reads the sample as plain files. */
  resources: app.isPackaged ? join(process.resourcesPath, 'resources') : join(app.getAppPath(), 'resources'),
})
