/** A screen that has come to rest, told by its document alone: no picture of it is taken, which costs more than most checks. */
import type { Page } from 'playwright-core'

/** Frames in a row in which nothing changed. */
const quiet = 6
/** So many at most: what never rests is looked at as it is. */
const most = 600

/** Nothing is being loaded, no animation runs, and for some frames the document has not changed. */
export async function settled(page: Page): Promise<void> {
  await page
    .locator('.skeleton, [aria-busy=true], .wait')
    .filter({ visible: true })
    .first()
    .waitFor({ state: 'hidden', timeout: 120_000 })
  await page.evaluate(
    async ([frames, limit]) => {
      await document.fonts.ready
      let left: number = frames
      const observer = new MutationObserver(() => {
        left = frames
      })
      observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true })
      for (let frame = 0; frame < limit && left > 0; frame++) {
        await new Promise(requestAnimationFrame)
        left = document.getAnimations().some(({ playState }) => playState === 'running') ? frames : left - 1
      }
      observer.disconnect()
    },
    [quiet, most] as const,
  )
}
