/** BrowserWindow: one Chromium page each. */
import { EventEmitter } from 'node:events'
import type { Page } from 'playwright-core'
import { app, type Closable, openWindows } from './app'
import { browserContext } from './chromium'
import { announceWindow } from './control'
import { WebContents } from './web-contents'

interface Bounds {
  x: number
  y: number
  width: number
  height: number
}

interface Options extends Partial<Bounds> {
  show?: boolean
  title?: string
  webPreferences?: { preload?: string; contextIsolation?: boolean; sandbox?: boolean; nodeIntegration?: boolean }
}

const windows: BrowserWindow[] = []
let count = 0
let guarded = false
/** Pages that are being made by a BrowserWindow at this moment. */
let making = 0

/** Pages that no BrowserWindow made (window.open, target=_blank) load nothing, are asked about and closed. */
async function guardPopups(): Promise<void> {
  if (guarded) return
  guarded = true
  const context = browserContext()
  const wanted: string[] = []
  await context.route('**/*', (route) => {
    wanted.push(route.request().url())
    return route.abort('blockedbyclient')
  })
  context.on('page', async (page) => {
    if (making > 0 || windows.some((window) => window.page === page)) return
    const opener = await page.opener()
    const window = windows.find((candidate) => candidate.page === opener) ?? windows.at(-1)
    window?.webContents.askToOpen(wanted.shift() ?? page.url())
    await page.close()
  })
}

export class BrowserWindow extends EventEmitter implements Closable {
  static getAllWindows = (): BrowserWindow[] => [...windows]
  static getFocusedWindow = (): BrowserWindow | null => windows.at(-1) ?? null
  static fromWebContents = (contents: WebContents): BrowserWindow | null =>
    windows.find((window) => window.webContents === contents) ?? null

  readonly id = ++count
  readonly webContents = new WebContents(this.id)
  readonly options: Options
  page: Page | undefined
  #bounds: Bounds
  #visible: boolean
  #maximized = false
  #minimized = false
  #destroyed = false
  #closing: PromiseWithResolvers<boolean> | undefined
  readonly #attached: Promise<void>

  constructor(options: Options = {}) {
    super()
    const preferences = options.webPreferences ?? {}
    if (preferences.contextIsolation === false || preferences.sandbox === false || preferences.nodeIntegration) {
      throw new Error('The stand-in runs preloads isolated and sandboxed only.')
    }
    this.options = options
    this.#bounds = { x: options.x ?? 0, y: options.y ?? 0, width: options.width ?? 800, height: options.height ?? 600 }
    this.#visible = options.show ?? true
    windows.push(this)
    openWindows.add(this)
    this.#attached = this.#attach()
    app.emit('web-contents-created', {}, this.webContents)
  }

  async #attach(): Promise<void> {
    await guardPopups()
    // Chromium's first page stays, blank: without any page the browser would end.
    making++
    const page = await browserContext().newPage()
    this.page = page
    making--
    await page.setViewportSize({ width: this.#bounds.width, height: this.#bounds.height })
    await this.webContents.attach(page, this.options.webPreferences?.preload)
    page.on('close', () => this.destroy())
    page.on('domcontentloaded', () => this.emit('ready-to-show'))
    await announceWindow(this.id, page)
  }

  async loadURL(address: string): Promise<void> {
    await this.#attached
    await this.webContents.load(address).catch((error) => {
      // A window closed while it loads is not an error of the application.
      if (!this.#destroyed) throw error
    })
  }

  close(): void {
    this.#closing = Promise.withResolvers()
    let prevented = false
    this.emit('close', { preventDefault: () => (prevented = true) })
    if (prevented) this.#closing.resolve(false)
    else this.destroy()
  }

  /** See {@link Closable}. */
  settled = (): Promise<boolean> => this.#closing?.promise ?? Promise.resolve(this.#destroyed)

  destroy(): void {
    if (this.#destroyed) return
    this.#destroyed = true
    windows.splice(windows.indexOf(this), 1)
    openWindows.delete(this)
    const gone = this.page?.isClosed() ? Promise.resolve() : this.page?.close()
    void Promise.resolve(gone)
      .catch(() => {})
      .then(() => {
        this.emit('closed')
        this.#closing?.resolve(true)
        app.windowClosed()
      })
  }

  isDestroyed = (): boolean => this.#destroyed
  isVisible = (): boolean => this.#visible
  isMaximized = (): boolean => this.#maximized
  isMinimized = (): boolean => this.#minimized
  isFocused = (): boolean => windows.at(-1) === this
  getBounds = (): Bounds => ({ ...this.#bounds })
  getNormalBounds = (): Bounds => ({ ...this.#bounds })
  getTitle = (): string => this.options.title ?? ''

  setBounds(bounds: Partial<Bounds>): void {
    this.#bounds = { ...this.#bounds, ...bounds }
    void this.#attached.then(() =>
      this.page?.setViewportSize({ width: this.#bounds.width, height: this.#bounds.height }),
    )
    this.emit('resize')
  }

  show(): void {
    this.#visible = true
    this.emit('show')
  }

  hide(): void {
    this.#visible = false
    this.emit('hide')
  }

  focus(): void {
    windows.push(...windows.splice(windows.indexOf(this), 1))
    this.emit('focus')
  }

  maximize(): void {
    this.#maximized = true
    this.emit('maximize')
  }

  minimize(): void {
    this.#minimized = true
    this.emit('minimize')
  }

  restore(): void {
    this.#minimized = false
    this.#maximized = false
    this.emit('restore')
  }

  setTitle(title: string): void {
    this.options.title = title
  }
}
