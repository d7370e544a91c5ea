/** Content-addressed files in a real folder. */
import { existsSync, mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ArtifactStore, hashOf, hashOfFile } from '../../../src/main/artifacts/artifacts'
import { writeAtomically } from '../../../src/main/artifacts/atomic'
import { dataFolder } from '../../../src/main/artifacts/home'
import { temporaryFolder } from '../support/folders'

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

describe('artifacts', () => {
  test('come back byte for byte, from memory and from a file, and are stored once', async () => {
    const folder = temporaryFolder()
    const store = new ArtifactStore(join(folder, 'artifacts'))
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (bytes) => {
        const path = join(folder, 'source')
        writeFileSync(path, bytes)
        const [fromMemory, fromFile] = [await store.put(bytes), await store.putFile(path)]
        expect(fromFile).toEqual(fromMemory)
        expect(await store.read(fromMemory.hash)).toEqual(bytes)
        expect(await hashOfFile(path)).toBe(fromMemory.hash)
      }),
      { numRuns: 25 },
    )
    const stored = filesUnder(join(folder, 'artifacts'))
    expect(new Set(stored).size).toBe(stored.length)
    for (const path of stored) expect(path.endsWith(hashOf(readFileSync(path)))).toBe(true)
  })

  test('a damaged one is not handed out, and a fresh copy mends it', async () => {
    const store = new ArtifactStore(temporaryFolder())
    const bytes = new TextEncoder().encode('weights')
    const { hash } = await store.put(bytes)
    writeFileSync(store.pathOf(hash), 'weightz')
    await expect(store.read(hash)).rejects.toMatchObject({ code: 'STORE_CORRUPT' })
    await store.put(bytes)
    expect(await store.read(hash)).toEqual(bytes)
  })

  test('one that is missing is said to be missing', async () => {
    const store = new ArtifactStore(temporaryFolder())
    await expect(store.read('0'.repeat(64))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    expect(() => store.pathOf('../../etc/passwd')).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }))
  })

  test('a source that cannot be read leaves nothing behind', async () => {
    const folder = temporaryFolder()
    const store = new ArtifactStore(join(folder, 'artifacts'))
    await expect(store.putFile(join(folder, 'nothing'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    expect(filesUnder(join(folder, 'artifacts'))).toEqual([])
  })

  test('only what nothing refers to and what is old goes', async () => {
    const store = new ArtifactStore(temporaryFolder())
    const [kept, young, old] = (await Promise.all(
      ['kept', 'young', 'old'].map(async (text) => (await store.put(new TextEncoder().encode(text))).hash),
    )) as [string, string, string]
    const yesterday = new Date(Date.now() - 86_400_000)
    for (const hash of [kept, old]) utimesSync(store.pathOf(hash), yesterday, yesterday)

    const freed = await store.collect({ referenced: new Set([kept]), graceMs: 3_600_000 })

    expect(freed).toBe(3)
    expect([await store.has(kept), await store.has(young), await store.has(old)]).toEqual([true, true, false])
  })
})

describe('an atomic write', () => {
  test('replaces the whole file and leaves no other', async () => {
    const folder = temporaryFolder()
    const path = join(folder, 'sub', 'file')
    await writeAtomically(path, new TextEncoder().encode('first, longer'))
    await writeAtomically(path, new TextEncoder().encode('second'))
    expect(readFileSync(path, 'utf8')).toBe('second')
    expect(readdirSync(join(folder, 'sub'))).toEqual(['file'])
  })

  test('that fails leaves what was there, and nothing beside it', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'taken'))
    writeFileSync(join(folder, 'taken', 'inside'), 'x')
    await expect(writeAtomically(join(folder, 'taken'), new Uint8Array(3))).rejects.toThrow()
    expect(readdirSync(folder)).toEqual(['taken'])
    expect(existsSync(join(folder, 'taken', 'inside'))).toBe(true)
  })
})

test('the data folder follows ESPALIER_HOME, else the platform', () => {
  expect(dataFolder({ ESPALIER_HOME: '/x' }, 'linux', '/h')).toBe('/x')
  expect(dataFolder({}, 'linux', '/h')).toBe(join('/h', '.local', 'share', 'espalier'))
  expect(dataFolder({ XDG_DATA_HOME: '/data' }, 'linux', '/h')).toBe(join('/data', 'espalier'))
  expect(dataFolder({}, 'darwin', '/h')).toBe(join('/h', 'Library', 'Application Support', 'Espalier'))
  expect(dataFolder({ LOCALAPPDATA: 'C:\\L' }, 'win32', '/h')).toBe(join('C:\\L', 'Espalier'))
})
