/** Puts a text into the clipboard and says so. */
import { useClipboard } from '@vueuse/core'
import { useI18n } from 'vue-i18n'
import { useToasts } from './toasts.store'

export function useCopy(): (text: string) => Promise<void> {
  // Without a secure origin the page has no clipboard of its own to ask.
  const { copy } = useClipboard({ legacy: true })
  const toasts = useToasts()
  const { t } = useI18n()
  return async (text) => {
    await toasts.attempt(async () => {
      await copy(text)
      toasts.show({ kind: 'good', text: t('common.copied') })
    })
  }
}
