import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { recallWindow, rememberWindow } from '../../../src/main/electron/window-state'

const home = mkdtempSync(join(tmpdir(), 'window-state-'))
const path = join(home, 'deep', 'window.json')
const screen = { x: 0, y: 0, width: 1920, height: 1080 }
const state = { x: 100, y: 80, width: 1200, height: 800, maximized: false }

afterAll(() => rmSync(home, { recursive: true, force: true }))

test('what was remembered is recalled', () => {
  rememberWindow(path, state)
  expect(recallWindow(path, [screen])).toEqual(state)
})

test.each([
  ['a screen that was taken away', { ...state, x: 3000 }],
  ['a title bar above the screen', { ...state, y: -200 }],
  ['a window smaller than its content', { ...state, width: 10 }],
])('%s is not gone back to', (_case, kept) => {
  writeFileSync(path, JSON.stringify(kept))
  expect(recallWindow(path, [screen])).toBeUndefined()
})

test('a second screen counts', () => {
  rememberWindow(path, { ...state, x: 2000 })
  expect(recallWindow(path, [screen, { ...screen, x: 1920 }])?.x).toBe(2000)
})

test('an unreadable file is as good as none', () => {
  writeFileSync(path, '{"x":')
  expect(recallWindow(path, [screen])).toBeUndefined()
  expect(recallWindow(join(home, 'none.json'), [screen])).toBeUndefined()
})
