/** Every screen of a project that has been worked in, opened in one language and looked at in both themes and three sizes. */
import type { Page } from 'playwright-core'
import { atRest } from '../../../scripts/screenshots/picture.mjs'
import { addresses, emptyProject, sensitivitySweep, throwAway } from '../../../scripts/screenshots/prepare.mjs'
import { fillIn, type Screen, screens } from '../../../scripts/screenshots/screens.mjs'
import { walkAround } from './hands'
import { silentDrawings, unreachable } from './reach'
import { accessibilityFindings } from './watch'

const desk = { width: 1360, height: 860 }
/** The smallest window, and the same at 200 % zoom. */
const sizes = [
  { width: 1280, height: 720 },
  { width: 640, height: 360 },
]

export interface Places {
  readonly project: string
  readonly names: Record<string, string>
}

/** Adds what the screens of an empty project and of the trash need, and finds out where everything lies. */
export async function furnish(page: Page, url: string): Promise<Places> {
  await sensitivitySweep(page)
  await throwAway(page)
  await emptyProject(page, url)
  return addresses(page, url)
}

async function open(page: Page, url: string, address: string, { act, ready }: Screen): Promise<void> {
  await page.goto('about:blank')
  await page.goto(`${url}${address}`)
  await page.locator('main h1, main h2').first().waitFor()
  await atRest(page)
  await act?.(page)
  await page.locator(ready).filter({ visible: true }).first().waitFor()
  await atRest(page)
}

/**
 * Opens each screen in the language that is set.
 * @param byTab whether to walk around each screen by Tab too, which is the same in every language
 * @returns every finding with its screen, theme or size before it
 */
export async function audit(page: Page, url: string, { project, names }: Places, byTab: boolean): Promise<string[]> {
  const findings: string[] = []
  const note = (where: string, found: readonly string[]) => {
    for (const one of found) findings.push(`${where}: ${one}`)
  }
  for (const [name, screen] of Object.entries(screens)) {
    await page.setViewportSize(desk)
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    try {
      await open(page, url, fillIn(screen.hash, project, names), screen)
      note(name, await accessibilityFindings(page))
      note(name, await silentDrawings(page))
      if (byTab) note(`${name}, by Tab`, await walkAround(page))
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
      await atRest(page)
      // A theme changes colours and nothing else.
      note(`${name}, dark`, await accessibilityFindings(page, ['color-contrast', 'link-in-text-block']))
      for (const size of sizes) {
        await page.setViewportSize(size)
        await atRest(page)
        note(`${name}, ${size.width} px`, await unreachable(page))
      }
      note(`${name}, zoomed`, await accessibilityFindings(page))
      await page.setViewportSize(desk)
      await screen.undo?.(page)
    } catch (error) {
      note(name, [String(error)])
    }
  }
  return findings
}
