/** What comes through the page: one file or several, laid out as they belong together, and gone afterwards. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { withLocalFile } from '../../../src/main/services/uploads'
import { bundle } from '../support/bundle'
import { open } from './support'

let entry: string
beforeAll(async () => {
  entry = await bundle('test/main/support/fake-engine.ts')
})

const part = (name: string, text: string) => ({ name, file: new Blob([text]) })
const shards = [part('model.json', '{}'), part('weights/group1-shard1of1.bin', 'w')]

test('a network of several files is its first one with the others where it looks for them', async () => {
  const folder = await withLocalFile({ files: shards }, async ({ path, name, uploaded }) => {
    expect({ name, uploaded }).toEqual({ name: 'model.json', uploaded: true })
    expect(readFileSync(join(dirname(path), 'weights', 'group1-shard1of1.bin'), 'utf8')).toBe('w')
    return dirname(path)
  })
  expect(existsSync(folder)).toBe(false)
})

test('data of several files is their folder', async () => {
  const files = [part('a/1.png', '1'), part('b/2.png', '2')]
  await withLocalFile({ files }, async ({ path }) => expect(readdirSync(path).sort()).toEqual(['a', 'b']), 'folder')
})

test.each(['../x', '/x', 'a/../../x', 'a\\x', 'C:x', 'a//b', ''])(
  'a name that leads out is refused: %j',
  async (name) => {
    await expect(withLocalFile({ files: [part(name, 'x')] }, async () => 1)).rejects.toMatchObject({
      code: 'BAD_USAGE',
    })
  },
)

test('a folder of data that came through the page stays with the project until it is removed for good', async () => {
  const services = open(entry)
  const { id: projectId } = services.projects.create({ name: 'P', goal: '' })
  const files = [part('cat/1.png', '1'), part('dog/2.png', '2')]
  const dataset = await services.datasets.import({ projectId, files, name: 'pets' })
  expect(dataset).toMatchObject({ name: 'pets', path: join(services.home, 'data', dataset.id) })
  expect(readFileSync(join(dataset.path, 'dog', '2.png'), 'utf8')).toBe('2')
  expect(services.datasets.locationOf(dataset.id).path).toBe(dataset.path)
})
