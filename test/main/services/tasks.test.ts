/** Imports and checks tell how far they are and can be called off, over a real store and engine process. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTask } from '../../../src/main/services/tasks'
import { bundle } from '../support/bundle'
import { temporaryFolder } from '../support/folders'
import { open } from './support'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})
type Opened = ReturnType<typeof open>

/** What is told under a name, and a signal that ends the work at the first share above `from`. */
function listen(services: Opened, from = Number.POSITIVE_INFINITY) {
  const seen: number[] = []
  const controller = new AbortController()
  void (async () => {
    for await (const event of services.events.subscribe()) {
      if (event.type !== 'task-progress' || event.task !== 'mine') continue
      seen.push(event.fraction)
      if (event.fraction >= from) controller.abort()
    }
  })()
  return { seen, signal: controller.signal }
}

const large = () => Buffer.alloc(4_000_000, 'weights ')

describe('an import', () => {
  test.each(['models', 'datasets'] as const)('of %s tells how far it is', async (kind) => {
    const services = open(entry)
    const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
    const { seen, signal } = listen(services)
    const file = new File([large()], 'some.npz')
    await services[kind].import({ projectId, file, task: 'mine' }, signal)
    await expect.poll(() => seen.at(-1)).toBeGreaterThan(0.97)
    expect(seen.length).toBeGreaterThan(5)
    expect(seen).toEqual(seen.toSorted((a, b) => a - b))
  })

  test.each(['models', 'datasets'] as const)('of %s that is called off leaves nothing behind', async (kind) => {
    const services = open(entry)
    const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
    const { signal } = listen(services, 0)
    const file = new File([large()], 'some.npz')
    await expect(services[kind].import({ projectId, file, task: 'mine' }, signal)).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(services[kind].list(projectId)).toEqual([])
  })

  test('of a folder is copied until it is called off', async () => {
    const services = open(entry)
    const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
    const { signal } = listen(services, 0.7)
    const files = Array.from({ length: 40 }, (_, at) => ({ name: `set/${at}.png`, file: new Blob([large()]) }))
    await expect(services.datasets.import({ projectId, files, task: 'mine' }, signal)).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(services.datasets.list(projectId)).toEqual([])
    expect(
      readdirSync(services.home, { recursive: true }).filter((name) => String(name).includes('.incoming')),
    ).toEqual([])
  })
})

test('a task with nothing to say repeats itself while its engine lives', async () => {
  const told: number[] = []
  const events = { emit: (event: { type: string; fraction?: number }) => told.push(event.fraction ?? -1) }
  const { job, part } = createTask({ events } as never, 'mine', undefined)
  part(0.5, 1).tell(0.5)
  job.onAlive?.()
  expect(told).toEqual([0, 0.75])
  const { now } = Date
  try {
    Date.now = () => now() + 10_000
    job.onAlive?.()
  } finally {
    Date.now = now
  }
  expect(told).toEqual([0, 0.75, 0.75])
})

test('the bytes of a copy count files and folders', async () => {
  const folder = temporaryFolder()
  mkdirSync(join(folder, 'in'))
  writeFileSync(join(folder, 'in', 'a'), Buffer.alloc(300))
  writeFileSync(join(folder, 'b'), Buffer.alloc(100))
  const told: number[] = []
  const events = { emit: (event: { fraction: number }) => told.push(event.fraction) }
  const watch = await createTask({ events } as never, 'mine', undefined).copying([
    join(folder, 'in'),
    join(folder, 'b'),
  ])
  watch.onBytes?.(100)
  expect(told).toEqual([0, 0.25])
})
