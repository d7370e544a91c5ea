/** The main job as a person does it, by roles and labels: the same steps in every shell, with either hand. */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'
import { type Hand, Pointer } from './hands'

const minutes = 60_000

export const runsTable = (page: Page): Locator => page.getByRole('grid', { name: 'Runs of this project' })

/** From the projects screen into the sample, once it has been read. */
export async function openSample(page: Page, hand: Hand = new Pointer()): Promise<void> {
  await hand.press(page.getByRole('article').filter({ hasText: 'Sample' }).getByRole('link').first())
  await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor()
  // Enabled once model and data have been read.
  await page.locator('button:enabled', { hasText: 'Compare strategies' }).first().waitFor({ timeout: minutes })
}

export async function compareStrategies(page: Page, hand: Hand): Promise<void> {
  await hand.press(page.getByRole('button', { name: 'Compare strategies' }).first())
  await expect.poll(() => runsWith(page, '').count(), { timeout: minutes }).toBe(8)
}

/** Rows whose text holds `status`. */
export const runsWith = (page: Page, status: string): Locator =>
  runsTable(page).locator('[role=row][aria-selected]').filter({ hasText: status })

/** Waits until all eight runs are done; a failed one ends the wait with its row. */
export async function waitForRuns(page: Page): Promise<void> {
  await expect
    .poll(
      async () => {
        const failed = await runsWith(page, 'Failed').allInnerTexts()
        return failed.length > 0 ? failed : await runsWith(page, 'Done').count()
      },
      { timeout: 40 * minutes, interval: 500 },
    )
    .toBe(8)
}

/** Takes the winner that is named under the chart, writes its files, and waits for their proof. */
export async function exportWinner(page: Page, hand: Hand): Promise<{ path: string; accuracy: number }> {
  await hand.press(page.getByRole('button', { name: 'Export', exact: true }).first())
  await page.getByRole('heading', { name: 'Export', exact: true }).waitFor()
  await hand.press(page.getByRole('button', { name: 'Export and check' }))
  const proof = page
    .getByRole('article')
    .filter({ has: page.getByRole('heading', { name: /^ONNX/ }) })
    .first()
  await proof.getByText('The exported file gives the same results').waitFor({ timeout: 5 * minutes })
  const fact = async (name: string) => (await proof.locator(`dt:text-is("${name}") + dd`).textContent())?.trim() ?? ''
  return { path: await fact('Written to'), accuracy: Number.parseFloat(await fact('Accuracy of the file')) }
}
