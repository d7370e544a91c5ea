/** The browser that stands in for Electron's: the same search as the set-up's. */
import { findChromium as find } from '../../scripts/lib/chromium.mjs'

export function findChromium(): string {
  const found = find()
  if (!found)
    throw new Error('There is no Chromium here. Install it (apt-get install chromium) or set ESPALIER_CHROMIUM.')
  return found
}
