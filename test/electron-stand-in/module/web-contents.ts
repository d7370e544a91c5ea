/** webContents: the page behind a window, its preload in an isolated world, messages and ports across. */
import { EventEmitter } from 'node:events'
import { readFileSync } from 'node:fs'
import type { CDPSession, Page, Route } from 'playwright-core'
import { isolatedWorld } from '../page/isolated-world'
import { mainWorld } from '../page/main-world'
import { fromPageAddress, toPageAddress } from './addresses'
import { codec, codecSource } from './codec'
import { ipcMain } from './ipc'
import type { MessagePortMain } from './message-port'
import { handlers, privileged } from './protocol'
import { session } from './session'

const world = 'electron-preload'

type OpenHandler = (details: { url: string }) => { action: 'allow' | 'deny' }

/** Only the top frame has a preload, so the only sender there is. */
interface Frame {
  readonly url: string
  readonly parent: null
}

const preloadSource = (path: string): string => `(() => {
  if (window !== window.top) return
  const require = (${isolatedWorld})(${codecSource})
  const module = { exports: {} }
  ;((require, module, exports) => {
${readFileSync(path, 'utf8')}
  })(require, module, module.exports)
})()`

export class WebContents extends EventEmitter {
  readonly id: number
  readonly session = session.defaultSession
  #page: Page | undefined
  #cdp: CDPSession | undefined
  #context: number | undefined
  #address = ''
  #openHandler: OpenHandler = () => ({ action: 'allow' })
  readonly #ports = new Map<number, MessagePortMain>()
  #portCount = 0
  /** Messages keep their order, and wait until the page has its preload. */
  #sending: Promise<unknown> = Promise.resolve()
  #preloaded = Promise.withResolvers<void>()

  constructor(id: number) {
    super()
    this.id = id
  }

  get mainFrame(): Frame {
    return { url: this.#address, parent: null }
  }

  getURL = (): string => this.#address
  isDestroyed = (): boolean => this.#page?.isClosed() ?? false

  setWindowOpenHandler(handler: OpenHandler): void {
    this.#openHandler = handler
  }

  /** Ties this to a page: called once by the window, before its first address. */
  async attach(page: Page, preload: string | undefined): Promise<void> {
    this.#page = page
    await page.route('**/*', (route) => this.#answer(route))
    page.on('crash', () => this.emit('render-process-gone', {}, { reason: 'crashed' }))
    const cdp = await page.context().newCDPSession(page)
    this.#cdp = cdp
    cdp.on('Runtime.executionContextCreated', ({ context }) => {
      if (context.name !== world) return
      this.#context = context.id
      this.#preloaded.resolve()
    })
    cdp.on('Runtime.executionContextDestroyed', ({ executionContextId }) => {
      if (executionContextId === this.#context) this.#forget()
    })
    cdp.on('Runtime.executionContextsCleared', () => this.#forget())
    cdp.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === 'standInToMain') void this.#receive(codec.decode(payload) as Incoming)
    })
    await cdp.send('Page.enable')
    await cdp.send('Runtime.enable')
    await cdp.send('Runtime.addBinding', { name: 'standInToMain', executionContextName: world })
    await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: `(${mainWorld})()` })
    if (preload) {
      await cdp.send('Page.addScriptToEvaluateOnNewDocument', { source: preloadSource(preload), worldName: world })
    }
  }

  async load(address: string): Promise<void> {
    this.#address = address
    await this.#page?.goto(toPageAddress(address, privileged))
    this.emit('did-finish-load')
  }

  send(channel: string, ...args: unknown[]): void {
    this.#toPage({ kind: 'message', channel, args, ports: [] })
  }

  postMessage(channel: string, message: unknown, transfer: readonly MessagePortMain[] = []): void {
    const ports = transfer.map((port) => this.#adopt(port))
    this.#toPage({ kind: 'message', channel, args: [message], ports: ports.map(({ id }) => id) })
    for (const { id, waiting } of ports) for (const data of waiting) this.#toPage({ kind: 'port-message', id, data })
  }

  reload(): void {
    void this.#page?.reload()
  }

  /** The page's end of a port now lies behind this channel. */
  #adopt(port: MessagePortMain): { id: number; waiting: unknown[] } {
    const id = ++this.#portCount
    const { waiting } = port.move()
    this.#ports.set(id, port)
    port.receive = (data) => this.#toPage({ kind: 'port-message', id, data })
    port.on('close', () => {
      if (this.#ports.delete(id)) this.#toPage({ kind: 'port-closed', id })
    })
    return { id, waiting }
  }

  #toPage(message: object): void {
    const text = codec.encode(message)
    this.#sending = this.#sending
      .then(() => this.#preloaded.promise)
      .then(() =>
        this.#cdp?.send('Runtime.callFunctionOn', {
          functionDeclaration: 'function (text) { globalThis.standInFromMain(text) }',
          executionContextId: this.#context ?? 0,
          arguments: [{ value: text }],
        }),
      )
      // A page that has just gone does not get its message; Electron drops it too.
      .catch(() => {})
  }

  async #receive(message: Incoming): Promise<void> {
    const event = { sender: this, senderFrame: this.mainFrame, reply: this.send.bind(this), ports: [] }
    if (message.kind === 'send') ipcMain.emit(message.channel, event, ...message.args)
    else if (message.kind === 'port-message') this.#ports.get(message.id)?.forward(message.data)
    else if (message.kind === 'port-closed') {
      const port = this.#ports.get(message.id)
      this.#ports.delete(message.id)
      port?.close()
    } else {
      try {
        const value = await ipcMain.call(message.channel, event, message.args)
        this.#toPage({ kind: 'answer', id: message.id, value })
      } catch (error) {
        const text = `Error invoking remote method '${message.channel}': ${error}`
        this.#toPage({ kind: 'answer', id: message.id, error: text })
      }
    }
  }

  /** The document has gone, and its ports with it. */
  #forget(): void {
    if (this.#context === undefined) return
    this.#context = undefined
    this.#preloaded = Promise.withResolvers()
    const ports = [...this.#ports.values()]
    this.#ports.clear()
    for (const port of ports) port.close()
  }

  async #answer(route: Route): Promise<void> {
    const request = route.request()
    const address = fromPageAddress(request.url())
    const scheme = new URL(address).protocol.slice(0, -1)
    const isMainNavigation = request.isNavigationRequest() && request.frame() === this.#page?.mainFrame()
    if (isMainNavigation && address !== this.#address) {
      let prevented = false
      this.emit('will-navigate', { preventDefault: () => (prevented = true), url: address }, address)
      if (prevented) return route.abort('aborted')
      this.#address = address
    }
    const handler = handlers.get(scheme)
    const allowed = await this.session.allows(address, request.method())
    if (!handler || !allowed) {
      this.session.refusedRequests.push(address)
      return route.abort('blockedbyclient')
    }
    const body = request.postDataBuffer()
    const response = await handler(
      new Request(address, {
        method: request.method(),
        headers: await request.allHeaders().then(withoutPseudoHeaders),
        ...(body ? { body: new Uint8Array(body) } : {}),
      }),
    )
    await route.fulfill({
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: Buffer.from(await response.arrayBuffer()),
    })
  }

  /** The page wants to open another. The stand-in has no child windows, so only a refusal is right. */
  askToOpen(url: string): void {
    const { action } = this.#openHandler({ url: fromPageAddress(url) })
    if (action === 'allow') throw new Error(`The stand-in has no child windows, and ${url} was allowed to open one.`)
  }
}

const withoutPseudoHeaders = (headers: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':')))

type Incoming =
  | { kind: 'send'; channel: string; args: unknown[] }
  | { kind: 'invoke'; id: number; channel: string; args: unknown[] }
  | { kind: 'port-message'; id: number; data: unknown }
  | { kind: 'port-closed'; id: number }
