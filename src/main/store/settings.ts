/** Settings: one row a key, so that two windows that save different keys do not undo one another. */
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

  /** Values an older or newer version wrote and this one cannot read give way to the default. */
  const get = (): Settings => {
    const settings: Record<string, unknown> = { ...defaults }
    for (const { key, value } of all.all()) {
      const field = settingsSchema.shape[key as keyof Settings]
      const parsed = field?.safeParse(JSON.parse(value))
      if (parsed?.success) settings[key] = parsed.data
    }
    return settings as Settings
  }
  return guarded({
    get,
    /** Layouts merge screen by screen. */
    save: database.transaction((changes: SettingsChanges): Settings => {
      const layouts = changes.layouts ? { layouts: { ...get().layouts, ...changes.layouts } } : {}
      for (const [key, value] of Object.entries({ ...changes, ...layouts })) {
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
