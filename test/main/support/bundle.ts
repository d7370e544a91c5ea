/** Bundles a Node entry for a test that needs a real process, into the ignored cache folder of the checkout. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { build } from 'vite'
import { afterAll } from 'vitest'

const checkout = resolve(import.meta.dirname, '../../..')

/** Absolute path of the bundle; packages are left outside, as in the product's own build. Gone after the test file. */
export async function bundle(entry: string): Promise<string> {
  mkdirSync(join(checkout, '.cache'), { recursive: true })
  const folder = mkdtempSync(join(checkout, '.cache', 'test-'))
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 3 }))
  const name = basename(entry).replace(/\.ts$/, '')
  await build({
    configFile: false,
    root: checkout,
    logLevel: 'error',
    build: {
      ssr: true,
      target: 'node22',
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { input: { [name]: join(checkout, entry) }, output: { entryFileNames: '[name].mjs' } },
    },
  })
  return join(folder, `${name}.mjs`)
}
