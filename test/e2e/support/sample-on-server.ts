/** The sample project, open in a window of the loopback shell: where tests of long jobs and of crashes begin. */
import type { Page } from 'playwright-core'
import { afterAll, beforeAll } from 'vitest'
import { openSample } from './main-path'
import { engineProcesses } from './processes'
import { ServerUnderTest } from './server'
import { Workspace } from './workspace'

export class SampleOnServer {
  readonly workspace = new Workspace()
  #server: ServerUnderTest | undefined
  #page: Page | undefined

  get #running(): ServerUnderTest {
    if (!this.#server) throw new Error('The server is not started.')
    return this.#server
  }

  /** The window that was opened last. */
  get page(): Page {
    if (!this.#page) throw new Error('No window is open.')
    return this.#page
  }

  async start(): Promise<void> {
    this.#server = await ServerUnderTest.launch(this.workspace)
    this.#page = await this.window()
  }

  /** One more, with the sample project in it. */
  async window(): Promise<Page> {
    const page = await this.#running.firstWindow()
    await openSample(page)
    return page
  }

  /** Closes the window and opens it again. */
  async reopen(): Promise<void> {
    await this.page.close()
    this.#page = await this.window()
  }

  engines(): number[] {
    return engineProcesses(this.#running.pid)
  }

  signalEngines(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
    for (const pid of this.engines()) process.kill(pid, signal)
  }

  /** As a power cut would end it all. */
  kill(): Promise<void> {
    return this.#running.kill()
  }

  async close(): Promise<void> {
    await this.#server?.close()
    this.workspace.remove()
  }
}

/** For the whole test file: started before its tests, and closed after them with all that is asserted there. */
export function sampleOnServer(): SampleOnServer {
  const sample = new SampleOnServer()
  beforeAll(() => sample.start())
  afterAll(() => sample.close())
  return sample
}
