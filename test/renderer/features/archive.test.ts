/** A project out as a file and in again; read-only where its data is not here. */
import { afterEach, expect, it, vi } from 'vitest'
import { createFakeClient } from '../fake-client'
import { type Mounted, mountApp } from '../mount'

const saved = vi.hoisted(() => ({ names: [] as string[] }))
vi.mock('../../../src/renderer/ui/save-file', () => ({ saveFile: (name: string) => saved.names.push(name) }))
// Drawn when the rows stand, which may be after a test has ended; there is no canvas here.
vi.mock('../../../src/renderer/charts/Chart.vue', () => ({
  __esModule: true,
  default: { template: '<div />' },
}))

let mounted: Mounted
afterEach(() => mounted.wrapper.unmount())

const click = async (text: string) => {
  const found = mounted.wrapper.findAll('button').find((candidate) => candidate.text() === text)
  if (!found) throw new Error(`There is no button "${text}".`)
  await found.trigger('click')
  await mounted.settle()
}

it('writes a project with the chosen data and hands it over as a file', async () => {
  mounted = await mountApp('/')
  await mounted.wrapper.find('article .menu-root button').trigger('click')
  await click('Export project')
  await mounted.wrapper.find('input[type=radio][value=files]').setValue()
  await mounted.wrapper.find('#archive-form').trigger('submit')
  await mounted.settle()
  expect(mounted.fake.calls.find((call) => call.name === 'projects.exportArchive')?.input).toMatchObject({
    data: 'files',
  })
  expect(saved.names).toHaveLength(1)
  expect(mounted.wrapper.find('dialog').exists()).toBe(false)
})

it('opens an archive; without its data it is to be read, until the data is found', async () => {
  mounted = await mountApp('/')
  const input = mounted.wrapper.find<HTMLInputElement>('input[type=file]')
  Object.defineProperty(input.element, 'files', { value: [new File(['PK'], 'p.zip')] })
  await input.trigger('change')
  await mounted.settle()
  await vi.waitFor(() => expect(mounted.router.currentRoute.value.name).toBe('datasets'), 10_000)
  await mounted.settle()
  expect(mounted.wrapper.text()).toContain('is open to read')
  const project = mounted.fake.world.projects.at(-1)
  const dataset = mounted.fake.world.datasets.at(-1)
  expect(mounted.wrapper.find('.lost').text()).toContain(dataset?.name)
  // Nothing is offered that needs the data.
  await mounted.router.push(`/p/${project?.id}/runs`)
  await mounted.settle()
  const compare = mounted.wrapper.findAll('main button').find((button) => button.text() === 'Compare strategies')
  expect(compare?.attributes()).toMatchObject({ disabled: '', title: expect.stringContaining('not on this machine') })
  await mounted.router.push(`/p/${project?.id}/data/${dataset?.id}`)
  await mounted.settle()
  expect(mounted.wrapper.find('main').text()).not.toMatch(/Is the preprocessing right|Samples/)
  await mounted.wrapper.find('section form').trigger('submit')
  await mounted.settle()
  expect(mounted.wrapper.find('.lost').exists()).toBe(false)
  expect(mounted.wrapper.text()).toContain('in use again')
  // What was arranged there is here at once, without a restart.
  await mounted.router.push(`/p/${project?.id}/charts`)
  await mounted.settle()
  expect(mounted.wrapper.text()).toContain('Brought along')
})

it('says why an archive is refused', async () => {
  mounted = await mountApp('/')
  mounted.fake.failNext('projects.importArchive', 'DATA_INVALID', 'project.json does not match its checksum.')
  const input = mounted.wrapper.find<HTMLInputElement>('input[type=file]')
  Object.defineProperty(input.element, 'files', { value: [new File(['PK'], 'p.zip')] })
  await input.trigger('change')
  await mounted.settle()
  expect(mounted.wrapper.find('[role=alert]').text()).toContain('does not match its checksum')
  expect(mounted.router.currentRoute.value.name).toBe('projects')
})

it('shows how far an archive is, and ends it when it is cancelled', async () => {
  const fake = createFakeClient()
  const { exportArchive } = fake.client.projects
  let told: { task?: string | undefined } = {}
  fake.client.projects.exportArchive = Object.assign((input: typeof told, options?: { signal?: AbortSignal }) => {
    told = input
    return new Promise<never>((_resolve, reject) => {
      options?.signal?.addEventListener('abort', () => reject(new Error('aborted')))
    })
  }, exportArchive) as typeof exportArchive
  mounted = await mountApp('/', fake)
  await mounted.wrapper.find('article .menu-root button').trigger('click')
  await click('Export project')
  await mounted.wrapper.find('#archive-form').trigger('submit')
  await mounted.settle()
  const bar = () => mounted.wrapper.find('dialog [role=progressbar]')
  expect(bar().attributes('aria-valuenow')).toBeUndefined()
  fake.emit({ type: 'task-progress', task: told.task ?? '', fraction: 0.4 })
  await mounted.settle()
  expect(bar().attributes('aria-valuenow')).toBe('40')
  await click('Cancel')
  expect(bar().exists()).toBe(false)
  expect(mounted.wrapper.text()).toContain('nothing was written')
})
