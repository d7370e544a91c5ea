/** Settings: storage a project, the bundle, and the proof that nothing leaves the machine. */
import { afterEach, expect, it, vi } from 'vitest'
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
