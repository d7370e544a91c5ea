/** `npm run bench -- --quick` runs without Python and writes its page. */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'

const script = join(import.meta.dirname, '../../scripts/bench/run.mjs')
let out: string

beforeEach(() => {
  out = mkdtempSync(join(tmpdir(), 'bench-'))
})
afterEach(() => rmSync(out, { recursive: true, force: true }))

const bench = (...args: string[]) =>
  spawnSync(process.execPath, [script, '--quick', '--out', out, ...args], {
    encoding: 'utf8',
    // An empty path: no Python can be found, and none may be looked for.
    env: { ...process.env, ESPALIER_BENCH_PYTHON: '' },
  })

test('measures structure and ranks quickly, and writes a page with machine and versions', () => {
  const { status, stderr } = bench('--only', 'structure,hrank')
  expect(stderr).toContain('a residual network of 116 nodes, warm')
  expect(status).toBe(0)
  const page = readFileSync(join(out, 'benchmarks.md'), 'utf8')
  expect(page).toMatch(/^# Benchmarks$/m)
  expect(page).toMatch(/Last machine: .+ cores, \d+ GiB/)
  expect(page).toContain(`node ${process.versions.node}`)
  expect(page).toContain('## Structural pruning beside Torch-Pruning')
  expect(page).toMatch(/\| all layers \| [\d.]+ ms \|/)
}, 120_000)

test('names the benchmarks there are where one is unknown', () => {
  const { status, stderr } = bench('--only', 'nothing')
  expect(status).toBe(2)
  expect(stderr).toMatch(/no benchmark named nothing; there are .*structure/)
})
