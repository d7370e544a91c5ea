/** The platform's own file dialog, where the shell has one. */
import { ref } from 'vue'
import type { PathKind } from '../../contract'
import { api } from '../app/client'

const canPick = ref(false)
let asked = false

export function usePathPicker() {
  if (!asked) {
    asked = true
    api()
      .app.shell()
      .then((shell) => {
        canPick.value = shell.canPickPaths
      })
      // Without an answer there is no button; the path can still be typed.
      .catch(() => {
        asked = false
      })
  }
  /** null where the person cancelled. `suggested` is the file name a save dialog begins with. */
  const pick = (kind: PathKind, suggested?: string) =>
    api().app.pickPath({ kind, ...(suggested === undefined ? {} : { suggested }) })
  return { canPick, pick }
}

/** Where the shell knows the path, the file is read in place instead of being sent. */
export function sourceOf(file: File): { path: string } | { file: Blob; name: string } {
  const path = window.espalier?.pathForFile(file) ?? ''
  return path === '' ? { file, name: file.name } : { path }
}
