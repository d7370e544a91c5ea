/** What the engine and the services say, in the reader's language. */
import { shallowRef } from 'vue'
import { useI18n } from 'vue-i18n'
import { type Said, tell } from '../../contract/sentences'
import { chinese } from '../app/locale/sentences'

/** Read when it is first needed; whoever has shown the English by then shows the Chinese when it is there. */
const rarer = shallowRef<((english: string) => string | null) | null>(null)
let asked = false

function inChinese(english: string): string | null {
  if (!asked) {
    asked = true
    void import('../app/locale/rarer').then((read) => {
      rarer.value = read.inChinese
    })
  }
  return rarer.value?.(english) ?? null
}

/** Tells a sentence in the language in force; its English is shown where this version knows neither its code nor its words. */
export function useSentence() {
  const { locale } = useI18n()
  return (said: Said | null | undefined, english: string): string => {
    if (locale.value !== 'zh-CN' || english === '') return english
    return (said ? tell(chinese, said) : null) ?? inChinese(english) ?? english
  }
}
