/** app: life cycle, paths, the single-instance lock. */
import { EventEmitter } from 'node:events'
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { homedir, tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { startChromium, stopChromium } from './chromium'

/** Windows as far as quitting is concerned; filled by BrowserWindow, which app must not import. */
export interface Closable {
  close(): void
  /** Resolves when the window has gone, or to false where a listener kept it open. */
  settled(): Promise<boolean>
}

export const openWindows = new Set<Closable>()
/** What has to stop before the process ends. */
export const endings: (() => void)[] = []

const switchValue = (name: string): string | undefined =>
  process.argv.find((argument) => argument.startsWith(`--${name}=`))?.slice(name.length + 3)

const packageOf = (file: string): { folder: string; name: string; version: string } => {
  for (let folder = dirname(resolve(file)); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    if (existsSync(path)) return { folder, ...JSON.parse(readFileSync(path, 'utf8')) }
    if (folder === dirname(folder)) throw new Error(`There is no package.json above ${file}.`)
  }
}

const ours = packageOf(process.argv[1] ?? '.')

class App extends EventEmitter {
  readonly isPackaged = process.env.STAND_IN_PACKAGED === '1'
  readonly commandLine = {
    switches: new Map<string, string>(),
    appendSwitch: (name: string, value = ''): void => {
      this.commandLine.switches.set(name, value)
    },
    hasSwitch: (name: string): boolean => this.commandLine.switches.has(name),
  }
  sandboxEnabled = false
  name: string = ours.name
  readonly #paths = new Map<string, string>()
  readonly #ready = Promise.withResolvers<void>()
  #isReady = false
  #quitting = false
  #instance: Server | undefined
  /** What this instance still has to tell the first one. */
  #farewell: Promise<void> = Promise.resolve()

  constructor() {
    super()
    const userData = switchValue('user-data-dir')
    if (userData) this.#paths.set('userData', resolve(userData))
    // After the application's own module has run, as in Electron, whose ready event is never early.
    setImmediate(() => void this.#start())
  }

  async #start(): Promise<void> {
    mkdirSync(this.getPath('userData'), { recursive: true })
    await startChromium(join(this.getPath('userData'), 'Chromium'))
    if (this.#quitting) return
    this.#isReady = true
    this.emit('ready')
    this.#ready.resolve()
  }

  whenReady = (): Promise<void> => this.#ready.promise
  isReady = (): boolean => this.#isReady
  getName = (): string => this.name
  setName(name: string): void {
    this.name = name
  }
  getVersion = (): string => ours.version
  getAppPath = (): string => ours.folder
  getLocale = (): string => 'en-GB'
  setAppUserModelId(): void {}

  enableSandbox(): void {
    if (this.#isReady) throw new Error('app.enableSandbox() can only be called before app is ready')
    this.sandboxEnabled = true
  }

  getPath(name: string): string {
    const set = this.#paths.get(name)
    if (set) return set
    const appData = process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config')
    const known: Record<string, string> = {
      home: homedir(),
      appData,
      userData: join(appData, this.name),
      sessionData: join(appData, this.name),
      temp: tmpdir(),
      documents: join(homedir(), 'Documents'),
      downloads: join(homedir(), 'Downloads'),
      desktop: join(homedir(), 'Desktop'),
      logs: join(appData, this.name, 'logs'),
      exe: process.execPath,
    }
    const path = known[name]
    if (!path) throw new Error(`Failed to get '${name}' path`)
    return path
  }

  setPath(name: string, path: string): void {
    this.#paths.set(name, path)
  }

  /** The first instance listens on a socket beside its data; a second one says so there and is told to go. */
  requestSingleInstanceLock(): boolean {
    const socket = join(this.getPath('userData'), 'instance.sock')
    mkdirSync(dirname(socket), { recursive: true })
    const holder = join(this.getPath('userData'), 'instance.pid')
    const holderIsAlive = (() => {
      try {
        process.kill(Number(readFileSync(holder, 'utf8')), 0)
        return true
      } catch {
        return false
      }
    })()
    if (holderIsAlive) {
      const client = connect(socket, () => client.end(JSON.stringify({ argv: process.argv, cwd: process.cwd() })))
      this.#farewell = new Promise((resolve) => {
        client.on('error', () => {})
        client.on('close', () => resolve())
        client.resume()
      })
      return false
    }
    rmSync(socket, { force: true })
    writeFileSync(holder, String(process.pid))
    this.#instance = createServer((client) => {
      let text = ''
      client.on('data', (chunk) => {
        text += String(chunk)
      })
      client.on('end', () => {
        const { argv, cwd } = JSON.parse(text)
        this.emit('second-instance', {}, argv, cwd)
        client.end()
      })
    }).listen(socket)
    this.#instance.unref()
    endings.push(() => {
      this.#instance?.close()
      rmSync(holder, { force: true })
      rmSync(socket, { force: true })
    })
    return true
  }

  quit(): void {
    if (!this.#quitting) void this.#quit()
  }

  async #quit(): Promise<void> {
    this.#quitting = true
    const allowed = (name: string): boolean => {
      let prevented = false
      this.emit(name, { preventDefault: () => (prevented = true) })
      return !prevented
    }
    if (!allowed('before-quit')) {
      this.#quitting = false
      return
    }
    for (const window of [...openWindows]) {
      window.close()
      if (!(await window.settled())) {
        this.#quitting = false
        return
      }
    }
    if (!allowed('will-quit')) {
      this.#quitting = false
      return
    }
    this.exit(0)
  }

  exit(code = 0): void {
    this.#quitting = true
    this.emit('quit', {}, code)
    for (const end of endings.splice(0)) end()
    void Promise.allSettled([stopChromium(), this.#farewell]).then(() => process.exit(code))
  }

  /** Called by BrowserWindow when one has gone. */
  windowClosed(): void {
    if (openWindows.size > 0 || this.#quitting) return
    if (this.listenerCount('window-all-closed') === 0) this.quit()
    else this.emit('window-all-closed')
  }
}

export const app = new App()
