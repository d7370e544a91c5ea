/** What must never happen on any screen: a complaint in the console, a request that leaves, an inaccessible control. */
import axe from 'axe-core'
import type { Page } from 'playwright-core'

/** One a workspace: every page of its application is observed, and `Workspace.remove` fails where there were findings. */
export class Watch {
  readonly #observed = new WeakSet<Page>()
  readonly #findings: string[] = []
  readonly #allowed: RegExp[] = []

  /** Errors and warnings of the console, uncaught errors, and addresses that are not the page's own origin. */
  observe(page: Page): Page {
    if (this.#observed.has(page)) return page
    this.#observed.add(page)
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) this.#findings.push(`${message.type()}: ${message.text()}`)
    })
    page.on('pageerror', (error) => this.#findings.push(String(error.stack ?? error)))
    page.on('request', (request) => {
      const { protocol, hostname } = new URL(request.url())
      const ours =
        hostname === '127.0.0.1' || hostname.endsWith('.app.invalid') || ['app:', 'data:', 'blob:'].includes(protocol)
      if (!ours) this.#findings.push(`asked for ${request.url()}`)
    })
    return page
  }

  /** For a test that provokes a refusal. */
  allow(expected: RegExp): void {
    this.#allowed.push(expected)
  }

  findings(): string[] {
    return this.#findings.filter((finding) => !this.#allowed.some((expected) => expected.test(finding)))
  }
}

const levels = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** WCAG 2.2 AA and good practice as far as axe can tell. @returns what it finds of any impact, with the elements */
export async function accessibilityFindings(page: Page, rules?: readonly string[]): Promise<string[]> {
  // Not a script tag: the page's content policy would rightly refuse it.
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe.source)
  const { violations } = await page.evaluate(
    (only) =>
      (window as unknown as { axe: typeof axe }).axe.run(document, { runOnly: only, resultTypes: ['violations'] }),
    rules ? { type: 'rule' as const, values: [...rules] } : { type: 'tag' as const, values: levels },
  )
  return violations.map(
    ({ id, impact, nodes }) =>
      `${id} (${impact}): ${nodes.map((node) => `${node.html} (${node.failureSummary ?? ''})`).join('\n')}`,
  )
}
