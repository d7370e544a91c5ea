import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, sep } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { contentPolicy, pathUnder, servePage } from '../../../src/main/electron/page-files'

const home = mkdtempSync(join(tmpdir(), 'page-files-'))
const folder = join(home, 'renderer')

beforeAll(() => {
  mkdirSync(join(folder, 'assets'), { recursive: true })
  writeFileSync(join(folder, 'index.html'), '<!doctype html>')
  writeFileSync(join(folder, 'assets', 'app.js'), 'export {}')
  writeFileSync(join(home, 'secret.json'), '{}')
  writeFileSync(join(folder, 'notes.txt'), 'not a kind the page has')
})
afterAll(() => rmSync(home, { recursive: true, force: true }))

const get = (address: string, method = 'GET') => servePage(folder)({ url: address, method })

describe('the page protocol', () => {
  test('serves files of the page with their type and the content policy', async () => {
    const page = await get('app://espalier/index.html')
    expect(page.status).toBe(200)
    expect(await page.text()).toBe('<!doctype html>')
    expect(page.headers.get('content-security-policy')).toBe(contentPolicy)
    expect((await get('app://espalier/assets/app.js')).headers.get('content-type')).toContain('text/javascript')
  })

  test.each([
    'app://espalier/../secret.json',
    'app://espalier/%2e%2e/secret.json',
    'app://espalier/assets/..%2f..%2fsecret.json',
    'app://espalier/..%5csecret.json',
    'app://espalier/%00index.html',
    'app://espalier/%E0%A4%A',
    'app://espalier/notes.txt',
    'app://espalier/missing.js',
    'app://elsewhere/index.html',
  ])('refuses %s', async (address) => {
    expect((await get(address)).status).toBe(404)
  })

  test('only reads', async () => {
    expect((await get('app://espalier/index.html', 'POST')).status).toBe(405)
  })

  test('allows no inline script or style and no other origin', () => {
    expect(contentPolicy).toContain("default-src 'self'")
    expect(contentPolicy).not.toMatch(/unsafe|https?:|\*/)
  })

  test('no path ever leaves the folder', () => {
    const piece = fc.oneof(fc.constantFrom('..', '.', '%2e%2e', '%2f', '%5c', '%00', 'assets', '//', 'C:'), fc.string())
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const address = `app://espalier/${pieces.join('/')}`
        if (!URL.canParse(address)) return
        const path = pathUnder(folder, new URL(address))
        expect(path === null || path.startsWith(folder + sep)).toBe(true)
      }),
    )
  })
})
