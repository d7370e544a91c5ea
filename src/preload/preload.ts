/** The page's only door to the desktop: a typed object, a port, and commands from the native menu. */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import type { CommandMessage, EspalierShell, ShellMenu } from '../contract/shell'
import { channels } from './channels'

const shell: EspalierShell = {
  kind: 'electron',
  requestPort: () => ipcRenderer.send(channels.requestPort),
  pathForFile: (file: File) => webUtils.getPathForFile(file),
  setMenu: (menu: ShellMenu) => ipcRenderer.send(channels.menu, menu),
}

contextBridge.exposeInMainWorld('espalier', shell)

// Ports cannot go through the context bridge; a window message carries them from this world to the page's.
ipcRenderer.on(channels.port, (event) => window.postMessage('espalier-port', window.origin, [...event.ports]))

ipcRenderer.on(channels.command, (_event, id: string) => {
  const message: CommandMessage = { type: 'espalier-command', id }
  window.postMessage(message, window.origin)
})
