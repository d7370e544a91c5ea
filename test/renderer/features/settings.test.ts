/** Settings: storage a project, the bundle, and the proof that nothing leaves the machine. */
import { afterEach, expect, it, vi } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

const saved = vi.hoisted(() => ({ names: [] as string[] }))
vi.mock('../../../src/renderer/ui/save-file', () => ({ saveFile: (name: string) => saved.names.push(name) }))

let mounted: Mounted
afterEach(() => mounted.wrapper.unmount())
const click = async (text: string) => {
  const found = mounted.wrapper.findAll('button').find((candidate) => candidate.text() === text)
  if (!found) throw new Error(`There is no button "${text}".`)
  await found.trigger('click')
  await mounted.settle()
}

it('shows what every project takes and where it lies', async () => {
  mounted = await mountApp('/settings')
  const names = mounted.wrapper.findAll('caption ~ tbody tr').map((row) => row.find('td').text())
  for (const project of mounted.fake.world.projects)
    expect(names.some((name) => name.startsWith(project.name))).toBe(true)
  expect(mounted.wrapper.text()).toContain(mounted.fake.world.doctor.dataFolder)
})

it('saves the diagnostics bundle', async () => {
  mounted = await mountApp('/settings')
  await click('Save the bundle')
  expect(saved.names).toEqual(['espalier-diagnostics.zip'])
})

it('claims no more about the network than was proven', async () => {
  mounted = await mountApp('/settings')
  expect(mounted.wrapper.text()).toContain('by the workbench and the engine')
  mounted.fake.world.doctor = {
    ...mounted.fake.world.doctor,
    network: { guarded: true, refused: 2, proven: true, engineProven: false },
  }
  await click('Check again')
  expect(mounted.wrapper.text()).toContain('by the workbench.')
  const { network: _network, ...without } = mounted.fake.world.doctor
  mounted.fake.world.doctor = without
  await click('Check again')
  expect(mounted.wrapper.text()).toContain('The guard is not in force')
})

it('builds the native backend with its steps, lets it be cancelled, and says so at the end', async () => {
  mounted = await mountApp('/settings')
  const panel = () => mounted.wrapper.find('section[aria-label="Native backend"]')
  expect(panel().text()).toContain('210 MB')
  await click('Build it')
  expect(panel().find('[role=progressbar]').attributes('aria-valuenow')).toBe('10')
  expect(panel().text()).toContain('Fetching TensorFlow')
  await click('Cancel')
  expect(panel().find('[role=progressbar]').exists()).toBe(false)
  await click('Build it')
  const status = { ...mounted.fake.world.native, building: null, built: true }
  mounted.fake.emit({ type: 'native-changed', status })
  await mounted.settle()
  expect(panel().text()).toContain('built and checked')
  expect(mounted.wrapper.text()).toContain('the engine starts on it with its next job')
})

it('says why the native backend cannot be built here, and what failed', async () => {
  const fake = createFakeClient()
  fake.world.native = { ...fake.world.native, missing: ['g++'] }
  mounted = await mountApp('/settings', fake)
  const panel = () => mounted.wrapper.find('section[aria-label="Native backend"]')
  expect(panel().text()).toContain('g++')
  expect(panel().find('button').exists()).toBe(false)
  fake.emit({
    type: 'native-changed',
    status: {
      ...fake.world.native,
      missing: [],
      error: { code: 'BACKEND_UNAVAILABLE', message: 'The hash is wrong.' },
    },
  })
  await mounted.settle()
  expect(panel().text()).toContain('The hash is wrong.')
})
