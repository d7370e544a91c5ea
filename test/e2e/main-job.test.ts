/** First start to proven export in the server shell by clicks; then every screen, with what was just done to show. */
import { expect, test } from 'vitest'
import { audit, furnish } from './support/audit'
import { Pointer } from './support/hands'
import { mainJob, minutes } from './support/main-job'
import { openSample } from './support/main-path'
import { ServerUnderTest } from './support/server'

const job = mainJob(ServerUnderTest.launch, () => new Pointer())

// Both languages at once, each from a server of its own.
test('no screen has anything for axe to find, in both themes and languages, and everything is in reach at 200 % zoom', {
  timeout: 30 * minutes,
}, async () => {
  const { page, shell, workspace } = job
  await page.goto(`${shell.url}#/`)
  await openSample(page)
  const places = await furnish(page, shell.url)
  await shell.close()
  const findings = await Promise.all(
    ['en', 'zh-CN'].map(async (locale) => {
      const copy = workspace.copy()
      const server = await ServerUnderTest.launch(copy)
      try {
        return await audit(await server.firstWindow(locale), places, locale === 'en')
      } finally {
        await server.close()
        copy.remove()
      }
    }),
  )
  expect(findings).toEqual([[], []])
})
