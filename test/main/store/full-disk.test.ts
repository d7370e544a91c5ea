/** A store that cannot grow any more: the error is named, and what was there is there. */
import { expect, test } from 'vitest'
import { openTemporary, seeded } from './support'

test('a full disk undoes the whole transaction, says so, and the store goes on once there is room', () => {
  const store = openTemporary()
  const { queue, project } = seeded(store)
  const run = queue()
  const pages = store.database.pragma('page_count', { simple: true }) as number
  store.database.pragma(`max_page_count = ${pages + 2}`)
  const many = Array.from({ length: 20_000 }, (_, step) => ({ name: 'loss', step, value: step }))

  expect(() =>
    store.transaction(() => {
      store.projects.update(project.id, { name: 'renamed' })
      store.metrics.add(run.id, many)
    }),
  ).toThrow(expect.objectContaining({ code: 'DISK_FULL', message: expect.stringContaining('Free some space') }))

  expect(store.projects.get(project.id).name).toBe('P')
  expect(store.metrics.list(run.id)).toEqual([])
  expect(store.database.pragma('integrity_check', { simple: true })).toBe('ok')

  store.database.pragma(`max_page_count = ${pages + 10_000}`)
  store.metrics.add(run.id, many)
  expect(store.metrics.list(run.id)).toHaveLength(20_000)
})
