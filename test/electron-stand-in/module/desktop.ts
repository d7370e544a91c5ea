/** What belongs to the desktop and has no counterpart in a headless browser: recorded, and answered by the test. */
import { EventEmitter } from 'node:events'

interface MenuItemOptions {
  label?: string
  role?: string
  type?: string
  id?: string
  enabled?: boolean
  accelerator?: string
  submenu?: MenuItemOptions[]
  click?: () => void
}

interface MenuItem extends Omit<MenuItemOptions, 'submenu'> {
  submenu?: Menu
}

export class Menu {
  static #application: Menu | null = null
  readonly items: readonly MenuItem[]

  constructor(items: readonly MenuItem[] = []) {
    this.items = items
  }

  static buildFromTemplate(template: MenuItemOptions[]): Menu {
    const items = template.map(({ submenu, ...item }): MenuItem => {
      if (!item.label && !item.role && item.type !== 'separator') {
        throw new Error('Invalid template for MenuItem: must have label, role or type')
      }
      return { ...item, ...(submenu ? { submenu: Menu.buildFromTemplate(submenu) } : {}) }
    })
    return new Menu(items)
  }

  static setApplicationMenu(menu: Menu | null): void {
    Menu.#application = menu
  }

  static getApplicationMenu(): Menu | null {
    return Menu.#application
  }

  getMenuItemById(id: string): MenuItem | null {
    for (const item of this.items) {
      const found = item.id === id ? item : (item.submenu?.getMenuItemById(id) ?? null)
      if (found) return found
    }
    return null
  }
}

/** Tests replace these methods through `evaluate`, as they do on real Electron. */
export const dialog = {
  showSaveDialog: async (..._args: unknown[]) => ({ canceled: true, filePath: '' }),
  showOpenDialog: async (..._args: unknown[]) => ({ canceled: true, filePaths: [] as string[] }),
  showMessageBox: async (..._args: unknown[]) => ({ response: 0, checkboxChecked: false }),
  showMessageBoxSync: (..._args: unknown[]) => 0,
  showErrorBox(title: string, content: string): void {
    process.stderr.write(`${title}: ${content}\n`)
  },
}

export const shell = {
  openExternal: async (_url: string): Promise<void> => {},
  openPath: async (_path: string): Promise<string> => '',
  showItemInFolder: (_path: string): void => {},
}

const area = { x: 0, y: 0, width: 1920, height: 1080 }

export const screen = {
  getAllDisplays: () => [{ id: 1, bounds: area, workArea: area, scaleFactor: 1 }],
  getPrimaryDisplay: () => ({ id: 1, bounds: area, workArea: area, scaleFactor: 1 }),
}

export const nativeTheme = Object.assign(new EventEmitter(), { shouldUseDarkColors: false, themeSource: 'system' })
