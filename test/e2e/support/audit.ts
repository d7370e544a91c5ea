/** Every screen of a project that has been worked in, opened in one language in one window, and looked at in both themes and three sizes. */
import type { Page } from 'playwright-core'
import { addresses, emptyProject, sensitivitySweep, throwAway } from '../../../scripts/screenshots/prepare.mjs'
import { fillIn, type Screen, screens } from '../../../scripts/screenshots/screens.mjs'
import { walkAround } from './hands'
import { silentDrawings, unreachable } from './reach'
import { settled } from './settled'
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

/** Goes there as a link does: no page is loaded anew, and what stood there is gone. */
async function goTo(page: Page, address: string): Promise<void> {
  await page.evaluate((hash) => {
    for (const heading of document.querySelectorAll('main h1, main h2')) heading.setAttribute('data-left', '')
    location.hash = hash
  }, address)
  await page.locator('main :is(h1, h2):not([data-left])').first().waitFor()
}

/** By way of another screen, so that this one begins anew; with what is done there first. */
async function open(page: Page, address: string, { act, ready }: Screen): Promise<void> {
  if ((await page.locator('dialog[open]').count()) > 0) await page.keyboard.press('Escape')
  const here = await page.evaluate(() => location.hash)
  const between = ['#/', '#/settings'].find((hash) => hash !== here && hash !== address)
  if (between) await goTo(page, between)
  await goTo(page, address)
  await settled(page)
  await act?.(page)
  await page.locator(ready).filter({ visible: true }).first().waitFor()
  await settled(page)
}

/**
 * Opens each screen in the language that is set.
 * @param byTab whether to walk around each screen by Tab too, which is the same in every language
 * @returns every finding with its screen, theme or size before it
 */
export async function audit(page: Page, { project, names }: Places, byTab: boolean): Promise<string[]> {
  const findings: string[] = []
  const note = (where: string, found: readonly string[]) => {
    for (const one of found) findings.push(`${where}: ${one}`)
  }
  for (const [name, screen] of Object.entries(screens)) {
    await page.setViewportSize(desk)
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    try {
      await open(page, fillIn(screen.hash, project, names), screen)
      note(name, await accessibilityFindings(page))
      note(name, await silentDrawings(page))
      if (byTab) note(`${name}, by Tab`, await walkAround(page))
      await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
      await settled(page)
      // A theme changes colours and nothing else.
      note(`${name}, dark`, await accessibilityFindings(page, ['color-contrast', 'link-in-text-block']))
      for (const size of sizes) {
        await page.setViewportSize(size)
        await settled(page)
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
