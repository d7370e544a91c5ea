/** Light, dark or as the system has it: sets `data-theme` on the root, which tokens.css answers. */
import { usePreferredDark } from '@vueuse/core'
import { computed, type Ref, watchEffect } from 'vue'
import { useSettings } from './settings.store'

let shared: Ref<'light' | 'dark'> | undefined

/** The theme in force; the first caller (App) also applies it. */
export function useTheme(): Ref<'light' | 'dark'> {
  if (shared) return shared
  const settings = useSettings()
  const systemDark = usePreferredDark()
  const theme = computed(() => (settings.theme === 'system' ? (systemDark.value ? 'dark' : 'light') : settings.theme))
  watchEffect(() => {
    document.documentElement.dataset.theme = theme.value
  })
  shared = theme
  return theme
}
