/** Preloaded with `node --import`: sends `electron` to the stand-in, and lets its own TypeScript files omit extensions. */
import { existsSync } from 'node:fs'
import { registerHooks } from 'node:module'
import { fileURLToPath } from 'node:url'

const here = new URL('./', import.meta.url).href
const electron = new URL('./module/electron.ts', import.meta.url).href

registerHooks({
  resolve(specifier, context, next) {
    if (specifier === 'electron' || specifier === 'electron/main') return { url: electron, shortCircuit: true }
    if (context.parentURL?.startsWith(here) && specifier.startsWith('.')) {
      const file = new URL(`${specifier}.ts`, context.parentURL)
      if (existsSync(fileURLToPath(file))) return { url: file.href, shortCircuit: true }
    }
    return next(specifier, context)
  },
})

// As in Electron's main process.
Object.defineProperty(process.versions, 'electron', { value: '45.4.1', enumerable: true })
Object.defineProperty(process, 'type', { value: 'browser' })
if (process.env.STAND_IN_RESOURCES) {
  Object.defineProperty(process, 'resourcesPath', { value: process.env.STAND_IN_RESOURCES })
}
await import(electron)
