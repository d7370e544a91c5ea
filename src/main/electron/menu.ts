/** The native menu: what every application has, and between it what the page's command table describes. */
import { app, Menu, type MenuItemConstructorOptions } from 'electron'
import type { z } from 'zod'
import type { shellMenuSchema } from '../../contract/shell'

export type MenuDescription = z.output<typeof shellMenuSchema>

const itemsOf = (section: MenuDescription[number], perform: (command: string) => void): MenuItemConstructorOptions[] =>
  section.items.flatMap((item): MenuItemConstructorOptions[] => [
    ...(item.separated ? [{ type: 'separator' as const }] : []),
    {
      id: item.id,
      label: item.label,
      enabled: item.enabled,
      // Shown beside the label; the page's own hotkeys act, so that a key works the same in every shell.
      ...(item.accelerator === undefined ? {} : { accelerator: item.accelerator, registerAccelerator: false }),
      click: () => perform(item.id),
    },
  ])

/** @param perform runs a command of the page by its id */
export function menuTemplate(
  description: MenuDescription,
  perform: (command: string) => void,
  platform: NodeJS.Platform = process.platform,
): MenuItemConstructorOptions[] {
  return [
    ...(platform === 'darwin' ? [{ role: 'appMenu' as const }] : []),
    ...description.map((section) => ({ label: section.label, submenu: itemsOf(section, perform) })),
    { role: 'editMenu' },
    ...(app.isPackaged ? [] : [{ role: 'viewMenu' as const }]),
    { role: 'windowMenu' },
  ]
}

export const showMenu = (description: MenuDescription, perform: (command: string) => void): void =>
  Menu.setApplicationMenu(Menu.buildFromTemplate(menuTemplate(description, perform)))
