/** The desktop shell's entry: one instance, one sandboxed window, the services, and an orderly end. */
import { app, BrowserWindow, dialog, protocol, session } from 'electron'
import { toErrorReport } from '../../contract/errors'
import { dataFolder } from '../artifacts/index'
import { guardNetwork } from '../engine/index'
import { createServices, type Services } from '../services/index'
import { bridge } from './bridge'
import { pickPath } from './dialogs'
import { utilityLauncher } from './engine-launcher'
import { scheme, servePage } from './page-files'
import { places } from './places'
import { lockSession } from './security'
import { openWindow } from './window'

let services: Services | undefined
let closing = false

function openServices(): Services {
  const { engine, resources } = places()
  return createServices({
    home: dataFolder(),
    engineLauncher: utilityLauncher(engine),
    resources,
    shell: { kind: 'electron', pickPath },
    onWarning: (sentence) => process.stderr.write(`${sentence}\n`),
  })
}

async function start(): Promise<void> {
  await app.whenReady()
  lockSession(session.defaultSession)
  protocol.handle(scheme, servePage(places().page))
  try {
    services = openServices()
  } catch (error) {
    dialog.showErrorBox('Espalier', toErrorReport(error).message)
    app.exit(1)
    return
  }
  bridge(services)
  openWindow()
  // After the window, so that reading the sample does not hold it up.
  services.start()
}

/** The window of this instance, in front. */
function present(): void {
  const window = BrowserWindow.getAllWindows()[0] ?? openWindow()
  if (window.isMinimized()) window.restore()
  window.focus()
}

guardNetwork()
app.setName('Espalier')
app.enableSandbox()
protocol.registerSchemesAsPrivileged([
  { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true } },
])

if (!app.requestSingleInstanceLock()) app.quit()
else {
  app.on('second-instance', present)
  app.on('activate', () => {
    if (services && BrowserWindow.getAllWindows().length === 0) openWindow()
  })
  app.on('window-all-closed', () => {
    if (process.platform !== 'darwin') app.quit()
  })
  // The engine keeps its last step and the store closes before the process goes.
  app.on('will-quit', (event) => {
    if (!services) return
    event.preventDefault()
    if (closing) return
    closing = true
    void services.close().finally(() => {
      services = undefined
      app.quit()
    })
  })
  void start()
}
