/** Files and folders on disk, as the engine reads data. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fileAccess } from '../../../src/main/artifacts/file-access'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espalier-files-'))
  mkdirSync(join(folder, 'train', 'cat'), { recursive: true })
  writeFileSync(join(folder, 'train', 'cat', 'a.png'), 'a')
  writeFileSync(join(folder, '.hidden'), 'h')
  writeFileSync(join(folder, 'b.npz'), 'b')
})
afterEach(() => rmSync(folder, { recursive: true }))

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes)

describe('fileAccess', () => {
  it('lists a folder with all below it, hidden files left out', async () => {
    const files = await fileAccess(folder)
    expect([...(await files.list())].sort()).toEqual(['b.npz', 'train/cat/a.png'])
    expect(text(await files.read('train/cat/a.png'))).toBe('a')
  })

  it('is a single file where one is named', async () => {
    const files = await fileAccess(join(folder, 'b.npz'))
    expect(await files.list()).toEqual(['b.npz'])
    expect(text(await files.read('b.npz'))).toBe('b')
  })

  it('says what is not there, and what lies outside', async () => {
    await expect(fileAccess(join(folder, 'gone'))).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    const files = await fileAccess(join(folder, 'train'))
    await expect(files.read('cat/b.png')).rejects.toMatchObject({ code: 'FILE_NOT_FOUND' })
    await expect(files.read('../b.npz')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it.skipIf(process.getuid?.() === 0)('says what may not be read', async () => {
    chmodSync(join(folder, 'b.npz'), 0)
    const files = await fileAccess(folder)
    await expect(files.read('b.npz')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
