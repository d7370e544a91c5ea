/** The main job as a person does it, by roles and labels: the same steps in every shell. */
import type { Locator, Page } from 'playwright-core'
import { expect } from 'vitest'

const minutes = 60_000

export const runsTable = (page: Page): Locator => page.getByRole('grid', { name: 'Runs of this project' })

/** From the projects screen into the sample, once it has been read. */
export async function openSample(page: Page): Promise<void> {
  await page.getByRole('article').filter({ hasText: 'Sample' }).getByRole('link').first().click()
  await page.getByRole('heading', { name: 'Runs', exact: true }).waitFor()
  // Enabled once model and data have been read.
  await page.locator('button:enabled', { hasText: 'Compare strategies' }).first().waitFor({ timeout: minutes })
}

export async function compareStrategies(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Compare strategies' }).first().click()
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
      { timeout: 8 * minutes, interval: 500 },
    )
    .toBe(8)
}

/** Picks the most accurate run at half the multiply-accumulates and goes to its export. */
export async function exportWinner(page: Page): Promise<{ path: string; accuracy: number }> {
  const winner = runsWith(page, 'Result-oriented').filter({ hasText: /50\s%/ }).first()
  await winner.getByRole('checkbox').check()
  await page.getByRole('toolbar').getByRole('button', { name: 'Export' }).click()
  await page.getByRole('heading', { name: 'Export', exact: true }).waitFor()
  await page.getByRole('button', { name: 'Export and check' }).click()
  const proof = page.getByRole('article').filter({ hasText: 'ONNX ·' }).first()
  await proof.getByText('The exported file gives the same results').waitFor({ timeout: 2 * minutes })
  const fact = async (name: string) => (await proof.locator(`dt:text-is("${name}") + dd`).textContent())?.trim() ?? ''
  return { path: await fact('Written to'), accuracy: Number.parseFloat(await fact('Accuracy there')) }
}
