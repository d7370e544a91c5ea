/** The loopback shell under test: its process, and a real Chromium with one page on it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { type Browser, chromium, type Page } from 'playwright-core'
import { findChromium } from '../../electron-stand-in/find-chromium'
import { root, type Workspace } from './workspace'

export class ServerUnderTest {
  readonly #process: ChildProcess
  readonly #browser: Browser
  readonly #workspace: Workspace
  readonly url: string

  private constructor(process: ChildProcess, browser: Browser, workspace: Workspace, url: string) {
    this.#process = process
    this.#browser = browser
    this.#workspace = workspace
    this.url = url
  }

  static async launch(workspace: Workspace): Promise<ServerUnderTest> {
    const child = spawn(process.execPath, [join(root, 'out/main/server.js')], {
      env: workspace.environment,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const ended = once(child, 'exit').then(([code]) => {
      throw new Error(`The server ended with ${code} before it said its address.`)
    })
    ended.catch(() => {})
    const address = once(createInterface({ input: child.stdout }), 'line').then(([line]) => String(line))
    const url = await Promise.race([address, ended])
    const browser = await chromium.launch({ executablePath: findChromium() })
    return new ServerUnderTest(child, browser, workspace, url)
  }

  async firstWindow(locale = 'en'): Promise<Page> {
    const page = await this.#browser.newPage({ viewport: { width: 1360, height: 860 }, locale })
    this.#workspace.watch.observe(page)
    await page.goto(this.url)
    return page
  }

  get pid(): number {
    return this.#process.pid ?? 0
  }

  /** As a power cut would end it. */
  async kill(): Promise<void> {
    await this.#browser.close()
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await ended
  }

  async close(): Promise<void> {
    await this.#browser.close()
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await ended
  }
}
