/** Where a built native backend lies, and how it is laid out. */
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dataFolder } from '../../artifacts/home'
import { recipeText } from './recipe'

export const nativeLayout = (folder: string) => ({
  folder,
  addon: join(folder, 'tfjs_binding.node'),
  libraries: join(folder, 'lib'),
  /** tfjs-node's JavaScript. */
  scripts: join(folder, 'tfjs-node'),
  /** Written last: what it was built of. */
  manifest: join(folder, 'manifest.json'),
  /** Outcome of the last check. */
  checked: join(folder, 'checked.json'),
})
export type NativeLayout = ReturnType<typeof nativeLayout>

/** Whether a whole build of the present recipe lies there. */
export function isBuilt(folder: string): boolean {
  const { manifest } = nativeLayout(folder)
  return existsSync(manifest) && readFileSync(manifest, 'utf8') === recipeText()
}

/** The checkout this code runs from, or null in an installed product. */
export function checkoutFolder(): string | null {
  let folder = dirname(fileURLToPath(import.meta.url))
  for (let up = 0; up < 5; up++) {
    if (existsSync(join(folder, '.git')) && existsSync(join(folder, 'package.json'))) {
      const { name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { name?: string }
      return name === 'espalier' ? folder : null
    }
    folder = dirname(folder)
  }
  return null
}

/** Where a build goes: the checkout's own cache, or the data folder of an installed product. */
export function nativeTarget(environment: NodeJS.ProcessEnv = process.env): string {
  const { ESPALIER_NATIVE: wished } = environment
  if (wished && wished !== 'off') return wished
  const checkout = checkoutFolder()
  return checkout ? join(checkout, '.cache', 'native') : join(dataFolder(environment), 'native')
}

/** The built backend that is used, or null. ESPALIER_NATIVE names a folder, or is `off`. */
export function findNative(environment: NodeJS.ProcessEnv = process.env): string | null {
  if (environment.ESPALIER_NATIVE === 'off') return null
  const places = environment.ESPALIER_NATIVE
    ? [environment.ESPALIER_NATIVE]
    : [join(dataFolder(environment), 'native'), nativeTarget(environment)]
  return places.find(isBuilt) ?? null
}
