/** The test's side, shaped like Playwright's `_electron`: launch, firstWindow, windows, evaluate, close. */
import { type ChildProcess, spawn } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { type Browser, chromium, type Page } from 'playwright-core'
import type { FromTest, ToTest } from './module/control'

export interface LaunchOptions {
  /** The main bundle first, then switches; `--user-data-dir=DIR` as with Electron. */
  readonly args: readonly string[]
  readonly env?: NodeJS.ProcessEnv
  readonly cwd?: string
  /** The folder that `process.resourcesPath` names, for a packed application. */
  readonly resourcesPath?: string
}

type Evaluated<T> = (electron: typeof import('electron'), argument: never) => T | Promise<T>

export class StandInApplication extends EventEmitter {
  readonly #child: ChildProcess
  readonly #windows = new Map<number, Page>()
  readonly #pending = new Map<number, PromiseWithResolvers<unknown>>()
  #browser: Promise<Browser> | undefined
  #evaluations = 0
  output = ''

  constructor(child: ChildProcess) {
    super()
    this.#child = child
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk) => {
        this.output += String(chunk)
      })
    }
    child.on('message', (message: ToTest) => {
      if (message.type === 'window') void this.#addWindow(message)
      else {
        const pending = this.#pending.get(message.id)
        this.#pending.delete(message.id)
        if (message.error === undefined) pending?.resolve(message.value)
        else pending?.reject(new Error(message.error))
      }
    })
    child.once('exit', (code) => {
      for (const pending of this.#pending.values()) {
        pending.reject(new Error(`The main process ended with ${code}.\n${this.output}`))
      }
      this.#pending.clear()
      this.emit('close', code)
    })
  }

  async #addWindow(message: Extract<ToTest, { type: 'window' }>): Promise<void> {
    this.#browser ??= chromium.connectOverCDP(message.endpoint)
    const browser = await this.#browser
    const context = browser.contexts()[0]
    if (!context) throw new Error('Chromium has no default context.')
    const find = async () => {
      for (const page of context.pages()) {
        const cdp = await context.newCDPSession(page)
        const { targetInfo } = await cdp.send('Target.getTargetInfo')
        await cdp.detach()
        if (targetInfo.targetId === message.targetId) return page
      }
      return undefined
    }
    const page = (await find()) ?? (await context.waitForEvent('page').then(find))
    if (!page) throw new Error('The window is not among the pages.')
    this.#windows.set(message.id, page)
    page.once('close', () => this.#windows.delete(message.id))
    this.emit('window', page)
  }

  process(): ChildProcess {
    return this.#child
  }

  windows(): Page[] {
    return [...this.#windows.values()]
  }

  async firstWindow(): Promise<Page> {
    const [first] = this.#windows.values()
    if (first) return first
    const ended = once(this, 'close').then(() => {
      throw new Error(`The application ended before it opened a window.\n${this.output}`)
    })
    const opened = once(this, 'window').then(([page]) => page as Page)
    ended.catch(() => {})
    return Promise.race([opened, ended])
  }

  /** Runs a function in the main process; it gets the electron module and `argument`, and may close over nothing. */
  evaluate<T, A>(run: (electron: typeof import('electron'), argument: A) => T | Promise<T>, argument?: A): Promise<T> {
    if (!this.#child.connected) return Promise.reject(new Error(`The main process has ended.\n${this.output}`))
    const id = ++this.#evaluations
    const pending = Promise.withResolvers<unknown>()
    this.#pending.set(id, pending)
    const message: FromTest = { type: 'evaluate', id, source: String(run as Evaluated<T>), argument }
    this.#child.send(message)
    return pending.promise as Promise<T>
  }

  /** Quits as a person would, and waits for the process to end. */
  async close(): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) {
      const ended = once(this.#child, 'exit')
      await this.evaluate(({ app }) => app.quit()).catch(() => {})
      await ended
    }
    await (await this.#browser)?.close().catch(() => {})
  }
}

export const standIn = {
  launch: async (options: LaunchOptions): Promise<StandInApplication> => {
    const register = new URL('./register.mjs', import.meta.url).href
    const child = spawn(process.execPath, ['--import', register, ...options.args], {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      serialization: 'advanced',
      env: {
        ...process.env,
        ...options.env,
        ...(options.resourcesPath ? { STAND_IN_RESOURCES: options.resourcesPath, STAND_IN_PACKAGED: '1' } : {}),
      },
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    })
    await once(child, 'spawn')
    return new StandInApplication(child)
  },
}
