/** Kept steps: whole, or not there. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { type Sentence, say } from '../../../src/contract/sentences'
import { checkpointFolder } from '../../../src/main/engine/checkpoints'
import { temporaryFolder } from '../support/folders'

test('a step comes back as it was kept', async () => {
  const store = checkpointFolder(temporaryFolder(), () => {})
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => i)
  expect(await store.load('round-1')).toBeNull()
  await store.save('round-1', bytes)
  expect(await store.load('round-1')).toEqual(bytes)
  await store.save('round-1', new Uint8Array(0))
  expect(await store.load('round-1')).toEqual(new Uint8Array(0))
})

test.each([
  ['cut off', (bytes: Buffer) => bytes.subarray(0, bytes.length - 1)],
  ['changed', (bytes: Buffer) => Buffer.from(bytes.map((byte, i) => (i === 40 ? byte ^ 1 : byte)))],
  ['empty', () => Buffer.alloc(0)],
])('one that is %s is put aside and said so', async (_, damage) => {
  const folder = temporaryFolder()
  const told: Sentence[] = []
  const store = checkpointFolder(folder, (said) => told.push(said))
  await store.save('round-1', new Uint8Array(100))
  const path = join(folder, readdirSync(folder)[0] as string)
  writeFileSync(path, damage(readFileSync(path)))
  expect(await store.load('round-1')).toBeNull()
  expect(told).toEqual([say('run.step-damaged', { step: 'round-1' })])
  expect(readdirSync(folder)).toEqual([])
})

test('a name cannot lead out of the folder', async () => {
  const store = checkpointFolder(temporaryFolder(), () => {})
  await expect(store.load('../x')).rejects.toMatchObject({ code: 'INTERNAL' })
})
