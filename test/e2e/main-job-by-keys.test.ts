/** First start to proven export in the desktop shell with keys alone, the focus in sight at every stop and never lost. */
import { expect, test } from 'vitest'
import { launchDesktop } from './support/desktop'
import { focusShows, Keys } from './support/hands'
import { mainJob } from './support/main-job'

const job = mainJob(launchDesktop, (page) => new Keys(page))

test('what opens over the screen gives the focus back', async () => {
  const { page } = job
  await page.keyboard.press('g')
  await page.keyboard.press('r')
  const box = page.getByRole('grid').getByRole('checkbox').nth(1)
  await box.focus()
  const holds = () => box.evaluate((node) => node === document.activeElement)
  for (const [opening, closing] of [
    ['Control+k', 'Escape'],
    ['?', 'Escape'],
  ] as const) {
    await page.keyboard.press(opening)
    await page.locator('dialog[open]').waitFor()
    await focusShows(page)
    await page.keyboard.press(closing)
    await expect.poll(holds).toBe(true)
  }
  // A row that is thrown away while it has the focus.
  await page.keyboard.press('Space')
  await page.keyboard.press('Delete')
  await box.waitFor()
  await focusShows(page)
})
