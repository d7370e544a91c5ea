/** When the native backend is used: built by the present recipe, and right in a process of its own. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { buildNative } from '../../../../src/main/engine/native/build'
import { nativeOffer } from '../../../../src/main/engine/native/offer'
import { findNative, nativeLayout } from '../../../../src/main/engine/native/place'
import { recipeText } from '../../../../src/main/engine/native/recipe'
import { temporaryFolder } from '../../support/folders'

function pretended(manifest: string): string {
  const folder = join(temporaryFolder(), 'native')
  mkdirSync(folder, { recursive: true })
  writeFileSync(nativeLayout(folder).manifest, manifest)
  return folder
}

afterEach(() => vi.unstubAllEnvs())

describe('the native backend', () => {
  it('is found where it was built, not where another recipe built it, and not where it is switched off', () => {
    const folder = pretended(recipeText())
    expect(findNative({ ESPALIER_NATIVE: folder })).toBe(folder)
    expect(findNative({ ESPALIER_NATIVE: pretended('{}') })).toBeNull()
    expect(findNative({ ESPALIER_NATIVE: 'off' })).toBeNull()
  })

  it('is left with a sentence where it is off or not built', () => {
    vi.stubEnv('ESPALIER_NATIVE', 'off')
    expect(nativeOffer()).toMatchObject({ available: false, reason: expect.stringContaining('switched off') })
    vi.stubEnv('ESPALIER_NATIVE', join(temporaryFolder(), 'nothing'))
    expect(nativeOffer()).toMatchObject({ available: false, reason: expect.stringMatching(/built/) })
  })

  it('is passed over where its check fails, and the outcome is kept', () => {
    // The manifest is right, but there is no library.
    const folder = pretended(recipeText())
    vi.stubEnv('ESPALIER_NATIVE', folder)
    const first = nativeOffer()
    expect(first.available).toBe(false)
    expect(nativeOffer()).toEqual(first)
  })

  it('is not built of a file that is not the pinned wheel, and leaves nothing behind', async () => {
    const folder = join(temporaryFolder(), 'native')
    const wheel = join(temporaryFolder(), 'other.whl')
    writeFileSync(wheel, 'not a wheel')
    const building = buildNative({ folder, wheel, signal: AbortSignal.timeout(50_000) })
    await expect(building).rejects.toMatchObject({ code: 'BACKEND_UNAVAILABLE' })
    expect(findNative({ ESPALIER_NATIVE: folder })).toBeNull()
  })
})
