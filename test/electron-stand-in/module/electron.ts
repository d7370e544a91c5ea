/** The `electron` module of the main process as far as the workbench uses it; anything else is missing, loudly. */
export { app } from './app'
export { BrowserWindow } from './browser-window'
export { dialog, Menu, nativeTheme, screen, shell } from './desktop'
export { ipcMain } from './ipc'
export { MessageChannelMain } from './message-port'
export { protocol } from './protocol'
export { session } from './session'
export { utilityProcess } from './utility-process'

import { serveTests } from './control'

serveTests()
