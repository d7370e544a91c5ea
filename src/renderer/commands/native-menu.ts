/** Feeds the desktop's native menu from the command table, in the user's language, and runs what is chosen there. */
import { useEventListener } from '@vueuse/core'
import { watchEffect } from 'vue'
import { useI18n } from 'vue-i18n'
import { allCommands } from './registry'
import { commandGroups } from './types'

/** `Mod+K` as Electron writes it; a sequence of two keys has no such notation. */
export const acceleratorOf = (keys: string | undefined): string | undefined =>
  keys?.startsWith('Mod+') ? keys.replace('Mod+', 'CmdOrCtrl+') : undefined

export function useNativeMenu(): void {
  const shell = window.espalier
  if (!shell) return
  const { t } = useI18n()
  watchEffect(() => {
    const commands = allCommands()
    shell.setMenu(
      commandGroups
        .map((group) => ({
          label: t(`commands.group.${group}`),
          items: commands
            .filter((command) => command.group === group)
            .map((command) => {
              const accelerator = acceleratorOf(command.keys)
              return {
                id: command.id,
                label: t(`commands.title.${command.id}`),
                enabled: command.enabled(),
                ...(accelerator === undefined ? {} : { accelerator }),
              }
            }),
        }))
        .filter((menu) => menu.items.length > 0),
    )
  })
  useEventListener(window, 'message', (event: MessageEvent) => {
    const data: unknown = event.data
    if (event.source !== window || typeof data !== 'object' || data === null) return
    const { type, id } = data as { type?: unknown; id?: unknown }
    if (type !== 'espalier-command') return
    const command = allCommands().find((candidate) => candidate.id === id)
    if (command?.enabled()) void command.perform()
  })
}
