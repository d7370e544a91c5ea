/** How a person reaches a control: with the pointer, counting clicks, or with keys alone, the focus always in sight. */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

export interface Hand {
  press(control: Locator): Promise<void>
  /** Clicks, or presses of Enter. */
  readonly presses: number
}

export class Pointer implements Hand {
  presses = 0

  async press(control: Locator): Promise<void> {
    await control.click()
    this.presses += 1
  }
}

const nowhere = 'nothing has the focus'

/** What has the focus, and what is wrong with how it shows; '' where nothing is. Runs in the page, and uses nothing of here. */
function problemHere(none: string): string {
  const at = document.activeElement
  if (!at || at === document.body) return none
  const name = `${at.outerHTML.slice(0, 120)} has the focus, but`
  const box = at.getBoundingClientRect()
  const within = box.right > 0 && box.bottom > 0 && box.left < innerWidth && box.top < innerHeight
  if (!within) return `${name} is out of sight`
  // A card shows the ring of the link that covers it.
  for (let ring: Element | null = at; ring && ring !== document.body; ring = ring.parentElement) {
    const { outlineStyle, outlineWidth } = getComputedStyle(ring)
    if (outlineStyle !== 'none' && Number.parseFloat(outlineWidth) >= 2) return ''
  }
  return `${name} shows no ring`
}

const focusProblem = (page: Page): Promise<string> => page.evaluate(problemHere, nowhere)

/** The focus is on a control, in sight, with a ring around it. */
export const focusShows = (page: Page): Promise<void> =>
  expect.poll(() => focusProblem(page), { timeout: 10_000 }).toBe('')

/** More stops than this on one screen, and Tab does not come round. */
const mostOfScreen = 300

/** Stop by stop, with time for what comes into sight late. @returns stops at which the focus does not show */
async function walkSlowly(page: Page): Promise<string[]> {
  const problems = new Set<string>()
  let ends = 0
  for (let stop = 0; ends < 2; stop++) {
    if (stop === mostOfScreen) return [...problems, `after ${stop} presses of Tab the page has not ended`]
    await page.keyboard.press('Tab')
    const problem = await focusProblem(page)
    if (problem === nowhere) ends += 1
    // A chart or a row may still come into sight; what is not in sight then is a problem.
    else if (problem !== '') {
      await page.waitForTimeout(200)
      problems.add(await focusProblem(page))
    }
  }
  problems.delete('')
  return [...problems]
}

/** Presses of Tab that are sent without waiting for each. */
const atOnce = 25
const tab = { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 }

/**
 * Tab by Tab from where the focus is, over the end of the page, once around. The page itself looks at every stop; only
 * where something is wrong with one is the way gone again stop by stop.
 * @returns stops at which the focus does not show
 */
export async function walkAround(page: Page): Promise<string[]> {
  const stops = await page.evaluateHandle(
    ([look, none]) => {
      const problem = new Function(`return ${look}`)() as (none: string) => string
      const seen: string[] = []
      const onKey = ({ key }: KeyboardEvent) => {
        if (key === 'Tab') seen.push(problem(none))
      }
      addEventListener('keyup', onKey, true)
      return { seen, stop: () => removeEventListener('keyup', onKey, true) }
    },
    [String(problemHere), nowhere] as const,
  )
  const keys = await page.context().newCDPSession(page)
  let seen: string[] = []
  const ends = () => seen.filter((problem) => problem === nowhere).length
  while (ends() < 2 && seen.length < mostOfScreen) {
    const sent = Array.from({ length: atOnce }, () => [
      keys.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...tab }),
      keys.send('Input.dispatchKeyEvent', { type: 'keyUp', ...tab }),
    ])
    await Promise.all(sent.flat())
    seen = await stops.evaluate((found) => found.seen)
  }
  await keys.detach()
  await stops.evaluate((found) => found.stop())
  return ends() >= 2 && seen.every((problem) => problem === '' || problem === nowhere) ? [] : walkSlowly(page)
}

/** More stops than this to a control of the main path would be a labyrinth. */
const mostStops = 60

export class Keys implements Hand {
  presses = 0
  stops = 0
  readonly #page: Page

  constructor(page: Page) {
    this.#page = page
  }

  /** Tab by Tab to the control, then Enter; the focus shows at every stop and is not lost by what Enter does. */
  async press(control: Locator): Promise<void> {
    await control.waitFor()
    for (let stop = 0; !(await control.evaluate((node) => node === document.activeElement)); stop++) {
      if (stop === mostStops) throw new Error(`Not reached after ${stop} presses of Tab: ${control}`)
      await this.#page.keyboard.press('Tab')
      await focusShows(this.#page)
      this.stops += 1
    }
    await this.#page.keyboard.press('Enter')
    this.presses += 1
    await focusShows(this.#page)
  }
}
