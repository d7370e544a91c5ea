/** Turns key presses into commands: single keys, Mod+keys, and two-key sequences within a second. */
import { onScopeDispose } from 'vue'
import { allCommands } from './registry'

const sequenceMs = 1000

export const isMac = (): boolean => /Mac|iPhone|iPad/.test(navigator.userAgent)

/** The name of a key press as the table writes it, or '' for modifiers alone. */
export function pressName(event: KeyboardEvent): string {
  if (['Shift', 'Control', 'Alt', 'Meta'].includes(event.key)) return ''
  const key = event.key.length === 1 ? event.key.toUpperCase() : event.key
  const mod = event.ctrlKey || event.metaKey ? 'Mod+' : ''
  const alt = event.altKey ? 'Alt+' : ''
  const shift = event.shiftKey && (event.key.length > 1 || mod !== '') ? 'Shift+' : ''
  return `${mod}${alt}${shift}${key}`
}

/** Whether keys go into a field. */
export const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement &&
  (target.isContentEditable || target.matches('input:not([type=checkbox]):not([type=radio]), textarea, select'))

/** Listens on the window for the life of the present scope. */
export function useHotkeys(): void {
  let first = ''
  let firstAt = 0
  const onKey = (event: KeyboardEvent) => {
    const name = pressName(event)
    if (name === '' || event.defaultPrevented || event.isComposing) return
    // Plain keys belong to the field or the dialog that has the focus.
    const plain = !name.startsWith('Mod+')
    if (plain && (typing(event.target) || document.querySelector('dialog[open]'))) return
    const sequence = event.timeStamp - firstAt < sequenceMs && first !== '' ? `${first} ${name}` : ''
    const ready = allCommands().filter((command) => command.enabled())
    const found =
      (sequence && ready.find((command) => command.keys === sequence)) || ready.find((command) => command.keys === name)
    first = found ? '' : name
    firstAt = event.timeStamp
    if (!found) return
    event.preventDefault()
    void found.perform()
  }
  window.addEventListener('keydown', onKey)
  onScopeDispose(() => window.removeEventListener('keydown', onKey))
}

/** The keys as they are printed on this machine's keyboard. */
export const showKeys = (keys: string, mac = isMac()): string[] =>
  keys.split(' ').map((part) => part.replace('Mod+', mac ? '⌘' : 'Ctrl+').replace('Shift+', mac ? '⇧' : 'Shift+'))
