/** The main process's side of the test's handle: says where windows are, evaluates functions on the electron module. */
import type { Page } from 'playwright-core'
import { debuggingEndpoint } from './chromium'

export type ToTest =
  | { type: 'window'; id: number; targetId: string; endpoint: string }
  | { type: 'evaluated'; id: number; value?: unknown; error?: string }

export interface FromTest {
  readonly type: 'evaluate'
  readonly id: number
  readonly source: string
  readonly argument: unknown
}

const tell = (message: ToTest): void => void process.send?.(message)

/** Tells the test which of Chromium's targets is the window. */
export async function announceWindow(id: number, page: Page): Promise<void> {
  const cdp = await page.context().newCDPSession(page)
  const { targetInfo } = await cdp.send('Target.getTargetInfo')
  await cdp.detach()
  tell({ type: 'window', id, targetId: targetInfo.targetId, endpoint: debuggingEndpoint() ?? '' })
}

export function serveTests(): void {
  if (!process.send) return
  process.on('message', async (message: FromTest) => {
    if (message.type !== 'evaluate') return
    try {
      const electron = await import('./electron')
      // biome-ignore lint/security/noGlobalEval: the test's own function, as with Playwright's evaluate
      const value = await globalThis.eval(`(${message.source})`)(electron, message.argument)
      tell({ type: 'evaluated', id: message.id, value })
    } catch (error) {
      tell({
        type: 'evaluated',
        id: message.id,
        error: error instanceof Error ? (error.stack ?? error.message) : String(error),
      })
    }
  })
  // The test has gone: nobody would ever close the windows.
  process.on('disconnect', () => process.exit(1))
}
