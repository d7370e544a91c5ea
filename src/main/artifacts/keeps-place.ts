/** Whether a folder is still where it was: what is written after it was moved would lie where nobody looks for it. */
import { statSync } from 'node:fs'

/** Remembers the folder that is there now. @returns whether the same one still is */
export function keepsPlace(folder: string): () => boolean {
  const identity = (): string | null => {
    const found = statSync(folder, { bigint: true, throwIfNoEntry: false })
    return found ? `${found.dev} ${found.ino}` : null
  }
  const first = identity()
  return () => {
    try {
      return identity() === first
    } catch {
      return false
    }
  }
}
