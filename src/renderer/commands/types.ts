/** What a command is: one entry of the table that feeds hotkeys, the palette and the help sheet. */
import type { IconName } from '../ui/icons'

export const commandGroups = ['go', 'project', 'runs', 'view', 'help'] as const
export type CommandGroup = (typeof commandGroups)[number]

export interface Command {
  readonly id: string
  readonly group: CommandGroup
  readonly icon: IconName
  /** Words in either language that also find it in the palette. */
  readonly keywords: string
  /** `Mod+K`, `?` or a sequence `G R`. Mod is Command on a Mac, Control elsewhere. */
  readonly keys?: string
  /** Whether it can be done now. */
  enabled(): boolean
  perform(): void | Promise<void>
}
