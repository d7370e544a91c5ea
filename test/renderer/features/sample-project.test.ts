/** The sample project's name in the person's language, and the names that people give. */
import { readFileSync } from 'node:fs'
import { afterEach, expect, it } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

const { name, goal } = JSON.parse(readFileSync('resources/sample/sample.json', 'utf8')) as Record<string, string>
let app: Mounted | undefined
afterEach(() => app?.wrapper.unmount())

async function open(language: 'en' | 'zh-CN', change = {}): Promise<Mounted> {
  const fake = createFakeClient()
  fake.world.settings = { ...fake.world.settings, language }
  fake.world.projects = fake.world.projects.map((project) =>
    project.sample ? { ...project, name: name ?? '', goal: goal ?? '', ...change } : project,
  )
  app = await mountApp('/', fake)
  return app
}
const card = () => app?.wrapper.findAll('article').find((item) => item.find('.chip.accent').exists())

it('is said in English as the files have it, and in Chinese', async () => {
  await open('en')
  expect(card()?.find('.cover').text()).toBe(name)
  expect(card()?.find('p.clamp').text()).toBe(goal)
  app?.wrapper.unmount()
  await open('zh-CN')
  expect(card()?.find('.cover').text()).toBe('小型设备上的服饰分类')
  expect(card()?.find('p.clamp').text()).toMatch(/[一-鿿]/)
})

it('stays what somebody called it, and is not renamed by looking at its form', async () => {
  await open('zh-CN', { name: 'Mine' })
  expect(card()?.find('.cover').text()).toBe('Mine')
  await card()?.find('button').trigger('click')
  await app?.settle()
  const edit = [...document.querySelectorAll<HTMLElement>('[role=menuitem]')].find((item) =>
    item.textContent?.includes('标签'),
  )
  edit?.click()
  await app?.settle()
  await app?.wrapper.find('#project-form').trigger('submit')
  await app?.settle()
  const { input } = app?.fake.calls.find((call) => call.name === 'projects.update') ?? {}
  expect(Object.keys(input as object)).toEqual(['id', 'tags'])
})
