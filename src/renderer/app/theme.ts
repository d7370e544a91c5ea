/** Light, dark or as the system has it: sets `data-theme` on the root, which tokens.css answers. */
import { usePreferredDark } from '@vueuse/core'
import { defineStore, storeToRefs } from 'pinia'
import { computed, type Ref, watchEffect } from 'vue'
import { useSettings } from './settings.store'

const useThemeStore = defineStore('theme', () => {
  const settings = useSettings()
  const systemDark = usePreferredDark()
  const theme = computed<'light' | 'dark'>(() =>
    settings.theme === 'system' ? (systemDark.value ? 'dark' : 'light') : settings.theme,
  )
  watchEffect(() => {
    document.documentElement.dataset.theme = theme.value
  })
  return { theme }
})

/** The theme in force; the first caller (App) also applies it. */
export const useTheme = (): Ref<'light' | 'dark'> => storeToRefs(useThemeStore()).theme
