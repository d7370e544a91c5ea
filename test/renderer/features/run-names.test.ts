/** The name of a sweep stays as it was given; what follows it is said in the person's language. */
import { afterEach, expect, it, vi } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

let app: Mounted | undefined
afterEach(() => app?.wrapper.unmount())

it('translates what tells the runs of a named sweep apart, and nothing of the name', async () => {
  const fake = createFakeClient()
  // Those in sight of the table.
  const [first, second] = fake.world.runs
    .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
    .filter(({ config }) => config.goal.kind === 'keep-macs')
  if (!first || !second) throw new Error('The project has too few runs.')
  const share = Math.round(100 * first.config.goal.value)
  Object.assign(first, { name: `seed 7 · ${first.config.strategy} · ${share} % MACs · seed ${first.config.seed}` })
  Object.assign(second, { name: `Too large · seed ${second.config.seed} · by hand` })
  fake.world.settings = { ...fake.world.settings, language: 'zh-CN' }
  app = await mountApp('/p/p-sample/runs', fake)
  const names = () => app?.wrapper.findAll('a.name').map((link) => link.text()) ?? []
  await vi.waitFor(() => expect(names()).toContain(`Too large · seed ${second.config.seed} · by hand`))
  expect(names().find((name) => name.startsWith('seed 7'))).toMatch(
    new RegExp(`^seed 7 · .*[\\u4e00-\\u9fff].* · ${share} % 乘加数 · 种子 ${first.config.seed}$`),
  )
})
