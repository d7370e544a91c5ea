/** Language, theme and the interface state that must survive a restart: columns, filters, drafts. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef, type WritableComputedRef } from 'vue'
import type { Settings } from '../../contract'
import { api } from './client'

const localKey = 'espalier-layouts'

/** What this window wrote last, in case it closed before the services answered. */
function readLocal(): Record<string, unknown> {
  try {
    const parsed: unknown = JSON.parse(window.localStorage.getItem(localKey) ?? '{}')
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

export const useSettings = defineStore('settings', () => {
  const language = ref<Settings['language']>('system')
  const theme = ref<Settings['theme']>('system')
  const backend = ref('auto')
  /** Replaced as a whole, never written into: lists of thousands of folded groups are not watched one by one. */
  const layouts = shallowRef<Record<string, unknown>>(readLocal())
  const loaded = ref(false)
  let unsaved = new Set<string>(Object.keys(layouts.value))
  /** On the way to the services: kept in the safety copy until they have answered. */
  let sent = new Set<string>()
  let timer: ReturnType<typeof setTimeout> | undefined

  const writeLocal = () => {
    const pending = Object.fromEntries([...sent, ...unsaved].map((key) => [key, layouts.value[key]]))
    try {
      if (Object.keys(pending).length > 0) window.localStorage.setItem(localKey, JSON.stringify(pending))
      else window.localStorage.removeItem(localKey)
    } catch {
      // Storage is full or forbidden: the services still get the state, only the safety copy is missing.
    }
  }

  async function load(): Promise<void> {
    const settings = await api().app.settings()
    language.value = settings.language
    theme.value = settings.theme
    backend.value = settings.backend
    layouts.value = { ...settings.layouts, ...layouts.value }
    loaded.value = true
    if (unsaved.size > 0) schedule()
  }

  async function flush(): Promise<void> {
    clearTimeout(timer)
    timer = undefined
    if (unsaved.size === 0) return
    if (sent.size > 0) {
      schedule()
      return
    }
    sent = unsaved
    unsaved = new Set()
    try {
      // The services merge screen by screen, so another window's screens are left alone.
      const changed = Object.fromEntries([...sent].map((key) => [key, layouts.value[key]]))
      await api().app.saveSettings({ layouts: changed })
    } catch {
      // Not lost: it stays in the safety copy, and goes out with the next change or start.
      for (const key of sent) unsaved.add(key)
    }
    sent = new Set()
    writeLocal()
  }

  function schedule(): void {
    clearTimeout(timer)
    timer = setTimeout(() => void flush(), 400)
  }

  /** Interface state under a name, with what it is until somebody changes it. */
  function layout<T>(key: string, initial: T): WritableComputedRef<T> {
    return computed({
      get: () => (layouts.value[key] as T | undefined) ?? initial,
      set: (value: T) => {
        // Plain data only: a proxy would not survive the way to the services.
        layouts.value = { ...layouts.value, [key]: JSON.parse(JSON.stringify(value ?? null)) as unknown }
        unsaved.add(key)
        writeLocal()
        schedule()
      },
    })
  }

  async function save(change: Partial<Pick<Settings, 'language' | 'theme' | 'backend'>>): Promise<void> {
    if (change.language !== undefined) language.value = change.language
    if (change.theme !== undefined) theme.value = change.theme
    if (change.backend !== undefined) backend.value = change.backend
    await api().app.saveSettings(change)
  }

  const all = computed(() => ({ language: language.value, theme: theme.value, backend: backend.value }))
  return { language, theme, backend, layouts, loaded, all, load, flush, layout, save }
})
