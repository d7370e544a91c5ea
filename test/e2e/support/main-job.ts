/** First start to proven export, in a windowed shell with one hand: what both of its test files begin with. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Hand } from './hands'
import { compareStrategies, exportWinner, openSample, waitForRuns } from './main-path'
import { onnxAccuracy } from './onnx-accuracy'
import { root, Workspace } from './workspace'

const sample = join(root, 'resources/sample')
const manifest = JSON.parse(readFileSync(join(sample, 'sample.json'), 'utf8'))

export const minutes = 60_000

interface Shell {
  firstWindow(): Promise<Page>
  close(): Promise<void>
}

export interface MainJob<S extends Shell> {
  readonly workspace: Workspace
  /** Both from the first test on. */
  readonly shell: S
  readonly page: Page
}

/** Its tests, for the whole file: started before them, and closed after all with what is asserted there. */
export function mainJob<S extends Shell>(
  launch: (workspace: Workspace) => Promise<S>,
  handOf: (page: Page) => Hand,
): MainJob<S> {
  const workspace = new Workspace()
  let shell: S
  let page: Page
  let hand: Hand

  beforeAll(async () => {
    shell = await launch(workspace)
    page = await shell.firstWindow()
    hand = handOf(page)
    // From the beginning, with somebody watching.
    await page.reload()
  })
  afterAll(async () => {
    await shell.close()
    workspace.remove()
  })

  test('first start opens on the sample project, which is really there', async () => {
    await page.getByRole('heading', { name: 'Projects' }).waitFor()
    await page.getByText(manifest.name).first().waitFor()
    await openSample(page, hand)
  })

  test('one button queues four strategies at two budgets, and all of them finish', {
    timeout: 40 * minutes,
  }, async () => {
    await compareStrategies(page, hand)
    await waitForRuns(page)
  })

  test('the winner is exported, and scores the same in another runtime, after six presses at most', async () => {
    const { path, accuracy } = await exportWinner(page, hand)
    const proven = await onnxAccuracy(path, join(sample, manifest.data))
    expect(Math.abs(proven.accuracy - accuracy)).toBeLessThanOrEqual(0.1)
    expect(hand.presses).toBeLessThanOrEqual(6)
  })

  return {
    workspace,
    get shell() {
      return shell
    },
    get page() {
      return page
    },
  }
}
