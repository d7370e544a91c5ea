/** Tags of many runs at once. */
import { beforeAll, expect, test } from 'vitest'
import { bundle } from '../support/bundle'
import { open, prepared } from './support'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})

test('are given and taken for all or none, without doubling', async () => {
  const services = open(entry)
  const { project, start } = await prepared(services, 'wait')
  const ids = (await start({ seed: 1 }, { seed: 2 })).map(({ id }) => id)
  const tags = () => services.runs.list(project.id).map((run) => run.tags)
  services.runs.tag(ids, { add: ['a', 'b'], remove: [] })
  services.runs.tag([ids[0] as string], { add: ['b', 'c'], remove: ['a'] })
  expect(tags()).toEqual([
    ['b', 'c'],
    ['a', 'b'],
  ])
  expect(() => services.runs.tag([...ids, 'nobody'], { add: ['x'], remove: [] })).toThrow()
  expect(tags().flat()).not.toContain('x')
})
