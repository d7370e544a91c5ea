import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openRunFolder } from '../../../src/main/cli/run-folder'

let out: string
beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'espalier-run-'))
})
afterEach(() => rmSync(out, { recursive: true, force: true }))

const open = (fingerprint: Record<string, unknown>) => openRunFolder(out, fingerprint, () => undefined)
const steps = () => join(out, '.espalier-run')

describe('the folder of an interrupted run', () => {
  it('gives the kept steps to the same run again', async () => {
    const first = await open({ seed: 1 })
    expect(first.resumed).toBe(false)
    await first.save('observe', Uint8Array.of(1, 2, 3))
    const second = await open({ seed: 1 })
    expect(second.resumed).toBe(true)
    expect(await second.load('observe')).toEqual(Uint8Array.from([1, 2, 3]))
    expect(await second.load('decide')).toBeNull()
  })

  it('forgets the steps of a run with another fingerprint', async () => {
    await (await open({ seed: 1 })).save('observe', Uint8Array.of(1))
    const other = await open({ seed: 2 })
    expect(other.resumed).toBe(false)
    expect(await other.load('observe')).toBeNull()
  })

  it('replaces a step as a whole and leaves no other file behind', async () => {
    const folder = await open({})
    await folder.save('observe', Uint8Array.of(1))
    await folder.save('observe', Uint8Array.of(2))
    expect(await folder.load('observe')).toEqual(Uint8Array.from([2]))
    expect(readdirSync(steps()).sort()).toEqual(['fingerprint', 'observe.step'])
  })

  it('is gone once the run is done, and leaves the results beside it', async () => {
    const folder = await open({})
    writeFileSync(join(out, 'model.onnx'), 'result')
    await folder.remove()
    expect(existsSync(steps())).toBe(false)
    expect(readdirSync(out)).toEqual(['model.onnx'])
  })

  it('says so where the folder cannot be made', async () => {
    writeFileSync(join(out, 'file'), '')
    await expect(openRunFolder(join(out, 'file', 'below'), {}, () => undefined)).rejects.toMatchObject({
      code: 'FILE_NOT_FOUND',
    })
  })
})
