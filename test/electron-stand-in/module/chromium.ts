/** The one Chromium that stands in for Electron's: its profile is the session, its pages are the windows. */
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type BrowserContext, chromium } from 'playwright-core'
import { findChromium } from '../find-chromium'

let context: BrowserContext | undefined
let endpoint: string | undefined

/** Chromium writes the port it chose into its profile once it listens. */
async function readEndpoint(profile: string): Promise<string> {
  const file = join(profile, 'DevToolsActivePort')
  for (let tries = 0; tries < 500; tries++) {
    if (existsSync(file)) {
      const [port, path] = readFileSync(file, 'utf8').split('\n')
      if (port && path) return `ws://127.0.0.1:${port}${path}`
    }
    await pause(20)
  }
  throw new Error('Chromium did not say where its debugging port is.')
}

export async function startChromium(profile: string): Promise<void> {
  mkdirSync(profile, { recursive: true })
  rmSync(join(profile, 'DevToolsActivePort'), { force: true })
  context = await chromium.launchPersistentContext(profile, {
    executablePath: findChromium(),
    headless: true,
    viewport: null,
    args: ['--remote-debugging-port=0', '--disable-background-networking', '--disable-component-update'],
  })
  endpoint = await readEndpoint(profile)
}

export function browserContext(): BrowserContext {
  if (!context) throw new Error('Cannot create BrowserWindow before app is ready')
  return context
}

export const debuggingEndpoint = (): string | undefined => endpoint

export async function stopChromium(): Promise<void> {
  await context?.close().catch(() => {})
}
