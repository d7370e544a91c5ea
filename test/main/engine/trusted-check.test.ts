import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkInChild, RememberedCheck } from '../../../src/main/engine/trusted-check'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'espalier-check-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const check = { arguments: [], subject: 'The backend', advice: 'Do this.' }

describe('a remembered check', () => {
  it('holds for its own key only', () => {
    const file = join(folder, 'checks', 'one.json')
    new RememberedCheck(file, 'a').note('failed', 'It lies.')
    expect(new RememberedCheck(file, 'a').last()).toMatchObject({ state: 'failed', reason: 'It lies.' })
    expect(new RememberedCheck(file, 'b').last()).toBeNull()
  })

  it('forgets what says nothing of the backend: an entry that is not built is looked for again', () => {
    const memory = new RememberedCheck(join(folder, 'one.json'), 'a')
    expect(checkInChild({ ...check, entry: 'no-such-entry' }, memory)).toMatch(/not built/)
    expect(memory.last()).toBeNull()
  })
})
