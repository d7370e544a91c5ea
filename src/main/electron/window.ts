/** The workbench's window: sandboxed, isolated, where it was last time. */
import { join } from 'node:path'
import { app, BrowserWindow, nativeTheme, screen } from 'electron'
import { pageUrl } from './page-files'
import { places } from './places'
import { lockContents } from './security'
import { recallWindow, rememberWindow } from './window-state'

const usual = { width: 1360, height: 860 }

export function openWindow(): BrowserWindow {
  const statePath = join(app.getPath('userData'), 'window.json')
  const recalled = recallWindow(
    statePath,
    screen.getAllDisplays().map((display) => display.workArea),
  )
  const place = recalled ? { x: recalled.x, y: recalled.y, width: recalled.width, height: recalled.height } : usual
  const window = new BrowserWindow({
    ...place,
    minWidth: 720,
    minHeight: 480,
    show: false,
    title: 'Espalier',
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#14181a' : '#fbfcfb',
    webPreferences: {
      preload: places().preload,
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webviewTag: false,
      spellcheck: false,
    },
  })
  lockContents(window.webContents)
  if (recalled?.maximized) window.maximize()
  window.once('ready-to-show', () => window.show())
  window.on('close', () => rememberWindow(statePath, { ...window.getNormalBounds(), maximized: window.isMaximized() }))
  void window.loadURL(pageUrl)
  return window
}
