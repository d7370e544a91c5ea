/** A data folder that cannot be written to: said with a code and a way out, and nothing of it touched or lost. */
import { execFileSync, spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, beforeAll, describe, expect, test } from 'vitest'
import { toErrorReport } from '../../../src/contract/errors'
import { checkpointFolder } from '../../../src/main/engine/checkpoints'
import { storeError } from '../../../src/main/store/errors'
import { bundle } from '../support/bundle'
import { temporaryFolder } from '../support/folders'

/** Root may write everywhere, so it asks as somebody else. */
const nobody = 65534
const asAnother = process.getuid?.() === 0 ? { uid: nobody, gid: nobody } : {}
/** Somebody else does not reach a checkout in root's own home. */
const reached = spawnSync(
  process.execPath,
  ['-e', `require('fs').readdirSync(${JSON.stringify(process.cwd())})`],
  asAnother,
)

let opener: string
beforeAll(async () => {
  opener = await bundle('test/main/support/open-home.ts')
  chmodSync(dirname(opener), 0o755)
}, 60_000)

const opened: string[] = []
afterEach(() => {
  for (const folder of opened.splice(0)) execFileSync('chmod', ['-R', 'u+rwX', folder])
})

/** Opens the services on a folder in a process of its own. @returns the code and the sentence that it ended with, else `open` */
function openIn(home: string, ...what: 'shut'[]): { code: string; message: string } {
  const { stdout, stderr } = spawnSync(process.execPath, [opener, home, ...what], { encoding: 'utf8', ...asAnother })
  if (stdout === '') throw new Error(stderr)
  return JSON.parse(stdout) as { code: string; message: string }
}

/** A place that the other user reaches. */
function place(): string {
  const folder = temporaryFolder()
  opened.push(folder)
  execFileSync('chmod', ['a+rx', folder])
  return folder
}
const everybody = (path: string, rights: string) => execFileSync('chmod', ['-R', rights, path])

describe.skipIf(reached.status !== 0)('a data folder', () => {
  test('that cannot be made names itself', () => {
    const parent = join(place(), 'closed')
    mkdirSync(parent)
    everybody(parent, 'a-w,a+rX')
    const home = join(parent, 'data')
    expect(openIn(home)).toEqual({ code: 'STORE_READ_ONLY', message: expect.stringContaining(`write to ${home} `) })
    expect(readdirSync(parent)).toEqual([])
  })

  test('that was worked in opens again once it may be written to, as it was', () => {
    const home = join(place(), 'data')
    mkdirSync(home)
    everybody(home, 'a+rwX')
    expect(openIn(home).code).toBe('open')
    const files = () => readdirSync(home, { recursive: true }).map(String).sort()
    const [before, bytes] = [files(), readFileSync(join(home, 'espalier.db'))]
    everybody(home, 'a-w')
    expect(openIn(home)).toEqual({ code: 'STORE_READ_ONLY', message: expect.stringContaining('ESPALIER_HOME') })
    expect(files()).toEqual(before)
    expect(readFileSync(join(home, 'espalier.db'))).toEqual(bytes)
    everybody(home, 'a+rwX')
    expect(openIn(home).code).toBe('open')
  })

  test('that is shut while it is open begins nothing, keeps what it is told, and goes on', () => {
    const parent = place()
    everybody(parent, 'a+rwX')
    const home = join(parent, 'data')
    expect(openIn(home, 'shut')).toEqual({
      code: 'STORE_READ_ONLY',
      message: expect.stringContaining('can no longer write'),
    })
    expect(openIn(home).code).toBe('open')
  })

  test('in which another user left files of their own names these', () => {
    const home = join(place(), 'data')
    mkdirSync(join(home, 'artifacts'), { recursive: true })
    everybody(home, 'a+rwX')
    chmodSync(join(home, 'artifacts'), 0o555)
    expect(openIn(home)).toEqual({
      code: 'STORE_READ_ONLY',
      message: expect.stringContaining(`write to ${join(home, 'artifacts')} `),
    })
  })
})

describe('one that is closed while it is open', () => {
  test.each(['SQLITE_READONLY', 'SQLITE_READONLY_DIRECTORY', 'SQLITE_CANTOPEN', 'EROFS'])('is told of %s', (code) => {
    expect(storeError(Object.assign(new Error('x'), { code }))).toMatchObject({ code: 'STORE_READ_ONLY' })
  })

  test('lets a run be resumed: a step that cannot be kept is no defect of the run', async () => {
    // A file where a folder is needed cannot be written into by anybody, root included.
    const folder = temporaryFolder()
    rmSync(folder, { recursive: true })
    writeFileSync(folder, '')
    await expect(checkpointFolder(folder, () => {}).save('decision', new Uint8Array(1))).rejects.toMatchObject({
      code: 'STORE_READ_ONLY',
    })
  })

  test('is permission that lacks, and nothing that went wrong inside', () => {
    const error = Object.assign(new Error('EACCES: permission denied, mkdir x'), { code: 'EACCES' })
    expect(toErrorReport(error)).toMatchObject({ code: 'FILE_UNREADABLE', said: { code: 'error.no-permission' } })
  })
})
