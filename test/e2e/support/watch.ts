/** What must never happen on any screen: a complaint in the console, a request that leaves, an inaccessible control. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

export interface Watch {
  /** Errors and warnings of the console, and uncaught errors. */
  readonly complaints: string[]
  /** Addresses that are not the page's own origin. */
  readonly foreign: string[]
}

export function watch(page: Page): Watch {
  const complaints: string[] = []
  const foreign: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(String(error.stack ?? error)))
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    const ours =
      hostname === '127.0.0.1' || hostname.endsWith('.app.invalid') || ['app:', 'data:', 'blob:'].includes(protocol)
    if (!ours) foreign.push(request.url())
  })
  return { complaints, foreign }
}

/** WCAG 2.2 AA as far as axe can tell. @returns what is serious or critical, with the elements */
export async function accessibilityFindings(page: Page): Promise<string[]> {
  // Not a script tag: the page's content policy would rightly refuse it.
  await page.evaluate(axe.source)
  const { violations } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    }),
  )
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .map(({ id, nodes }) => `${id}: ${nodes.map((node) => `${node.html} (${node.failureSummary ?? ''})`).join('\n')}`)
}
