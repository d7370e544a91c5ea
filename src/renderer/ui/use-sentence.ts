/** What the engine and the services say, in the reader's language. */
import { useI18n } from 'vue-i18n'
import { type Said, tell } from '../../contract/sentences'
import { chinese } from '../app/locale/sentences'

/** Tells a sentence in the language in force; its English is shown where this version does not know its code. */
export function useSentence() {
  const { locale } = useI18n()
  return (said: Said | null | undefined, english: string): string =>
    (said && locale.value === 'zh-CN' ? tell(chinese, said) : null) ?? english
}
