/** Settings and the interface's state: one row a key, so that two windows that save different keys do not undo one another. */
import { type Settings, settingsSchema } from '../../contract/entities'
import type { Database } from './database'
import { guarded } from './errors'

/** What is undefined stays as it is. */
export type SettingsChanges = { readonly [K in keyof Settings]?: Settings[K] | undefined }

const defaults: Settings = { language: 'system', theme: 'system', backend: 'auto', layouts: {} }

export function settingRepository(database: Database) {
  const all = database.prepare<[], { key: string; value: string }>('SELECT key, value FROM settings')
  const one = database.prepare<[string], { value: string }>('SELECT value FROM settings WHERE key = ?')
  const put = database.prepare('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)')
  const layouts = database.prepare<[], { key: string; value: string }>('SELECT key, value FROM layouts')
  // What ends with a project's id belongs to that project, and goes when it goes.
  const putLayout = database.prepare(
    `INSERT OR REPLACE INTO layouts (key, project_id, value)
     VALUES (@key, (SELECT id FROM projects WHERE substr(@key, -length(id) - 1) = '.' || id), @value)`,
  )

  /** Values an older or newer version wrote and this one cannot read give way to the default. */
  const get = (): Settings => {
    const settings: Record<string, unknown> = { ...defaults }
    for (const { key, value } of all.all()) {
      const field = settingsSchema.shape[key as keyof Settings]
      const parsed = field?.safeParse(JSON.parse(value))
      if (parsed?.success) settings[key] = parsed.data
    }
    settings.layouts = Object.fromEntries(layouts.all().map(({ key, value }) => [key, JSON.parse(value) as unknown]))
    return settings as Settings
  }
  return guarded({
    get,
    /** Layouts merge screen by screen. */
    save: database.transaction(({ layouts: screens = {}, ...changes }: SettingsChanges): Settings => {
      for (const [key, value] of Object.entries(screens)) {
        if (value !== undefined) putLayout.run({ key, value: JSON.stringify(value) })
      }
      for (const [key, value] of Object.entries(changes)) {
        if (value !== undefined) put.run(key, JSON.stringify(value))
      }
      return get()
    }),
    /** Marks that something is done once and for ever in this store. */
    flag: (name: string): boolean => one.get(`flag:${name}`) !== undefined,
    setFlag: (name: string): void => {
      put.run(`flag:${name}`, 'true')
    },
  })
}
