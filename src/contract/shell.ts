/** What the desktop shell and the page say to one another outside the API: the port, commands, the native menu. */
import { z } from 'zod'

/** Data of the window message that brings the page its MessagePort. */
export const portMessage = 'espalier-port'

/** Data of the window message that runs a command, sent when a native menu item is chosen. */
export const commandMessageSchema = z.object({ type: z.literal('espalier-command'), id: z.string() })
export type CommandMessage = z.infer<typeof commandMessageSchema>

/** Menus as the page's command table describes them, already in the user's language. */
export const shellMenuSchema = z
  .array(
    z.object({
      label: z.string().min(1).max(80),
      items: z
        .array(
          z.object({
            id: z.string().min(1).max(80),
            label: z.string().min(1).max(120),
            /** In Electron's notation, as `CmdOrCtrl+K`. */
            accelerator: z.string().max(40).optional(),
            enabled: z.boolean().default(true),
            /** A line above the item. */
            separated: z.boolean().default(false),
          }),
        )
        .max(60),
    }),
  )
  .max(12)
export type ShellMenu = z.input<typeof shellMenuSchema>

/** `window.espalier`, put there by the preload; absent in a browser. */
export interface EspalierShell {
  readonly kind: 'electron'
  /** Asks the main process for a port; it arrives as a window message whose data is {@link portMessage}. */
  requestPort(): void
  /** Absolute path of a dropped or chosen file, so that large files are read where they lie; '' where it has none. */
  pathForFile(file: File): string
  /** Replaces the native menu; chosen items come back as {@link CommandMessage}. */
  setMenu(menu: ShellMenu): void
}
