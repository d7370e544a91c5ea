/** The engine's sources as one module that plain Node runs, for scripts that measure it as it is shipped. */
import { basename, dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { inRoot, root } from './root.mjs'

/**
 * Bundles one entry, packages left out, into `.cache/bundles`.
 * @param {string} entry path of a TypeScript file
 * @param {string} [beside] another entry, into whose folder it goes
 * @returns {Promise<string>} the address to import
 */
export async function bundled(entry, beside = entry) {
  const { build } = await import('vite')
  // Every entry has its own place, named after its folder too.
  const nameOf = (path) => `${basename(dirname(path))}-${basename(path).replace(/\.\w+$/, '')}`
  const name = nameOf(entry)
  const outDir = join(inRoot('.cache/bundles'), nameOf(beside))
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: {
      ssr: entry,
      outDir,
      emptyOutDir: false,
      target: 'node22',
      minify: false,
      rolldownOptions: { output: { entryFileNames: `${name}.js`, chunkFileNames: '[name].js' } },
    },
  })
  return pathToFileURL(join(outDir, `${name}.js`)).href
}
