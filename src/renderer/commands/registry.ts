/** The command table: screens add theirs while they are shown, an id or hotkey twice at once throws. */
import { onScopeDispose, shallowReactive } from 'vue'
import type { Command } from './types'

const table = shallowReactive(new Map<string, Command>())

export const allCommands = (): Command[] => [...table.values()]

export function registerCommands(commands: readonly Command[]): () => void {
  for (const command of commands) {
    if (table.has(command.id)) throw new Error(`The command ${command.id} is registered twice.`)
    const clash = command.keys && allCommands().find((other) => other.keys === command.keys)
    if (clash) throw new Error(`${command.keys} is the hotkey of both ${clash.id} and ${command.id}.`)
    table.set(command.id, command)
  }
  return () => {
    for (const command of commands) if (table.get(command.id) === command) table.delete(command.id)
  }
}

/** Registers for as long as the present component or scope lives. */
export function useCommands(commands: readonly Command[]): void {
  onScopeDispose(registerCommands(commands))
}
