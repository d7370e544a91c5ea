import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { makeFolder } from '../../../src/main/artifacts/make-folder'

const base = mkdtempSync(join(tmpdir(), 'espalier-folder-'))
afterEach(() => rmSync(base, { recursive: true, force: true }))

describe('making a folder', () => {
  it('makes those above it, and takes one that is there', async () => {
    const folder = join(base, 'a', 'b', 'c')
    await makeFolder(folder)
    await makeFolder(folder)
    expect(statSync(folder).isDirectory()).toBe(true)
    writeFileSync(join(folder, 'file'), '')
    await expect(makeFolder(join(folder, 'file'))).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })

  it.skipIf(process.platform !== 'linux')('is refused where a file system takes none', async () => {
    await expect(makeFolder('/proc/espalier/out')).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
  })
})
