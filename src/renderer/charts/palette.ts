/** Chart colours, read from the style sheet so that light and dark have one home. */
import { type ComputedRef, computed } from 'vue'
import { useTheme } from '../app/theme'

export interface Palette {
  readonly text: string
  readonly text2: string
  readonly text3: string
  readonly line: string
  readonly surface: string
  readonly accent: string
  readonly good: string
  readonly bad: string
  readonly series: readonly string[]
}

function read(): Palette {
  const style = getComputedStyle(document.documentElement)
  const get = (name: string) => style.getPropertyValue(name).trim()
  return {
    text: get('--text'),
    text2: get('--text-2'),
    text3: get('--text-3'),
    line: get('--line'),
    surface: get('--surface'),
    accent: get('--accent'),
    good: get('--good'),
    bad: get('--bad'),
    series: [1, 2, 3, 4, 5, 6, 7, 8].map((n) => get(`--c${n}`)),
  }
}

/** Read anew whenever the theme changes, after its attribute is on the root. */
export function usePalette(): ComputedRef<Palette> {
  const theme = useTheme()
  return computed(() => {
    document.documentElement.dataset.theme = theme.value
    return read()
  })
}

export const symbols = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'arrow', 'roundRect', 'circle'] as const

const known = ['result-oriented', 'random', 'l2', 'group-norm', 'l1', 'taylor', 'fpgm', 'fisher']

/** The same strategy has the same colour and shape on every screen; names not known take the last ones in turn. */
export function strategyIndex(name: string): number {
  const at = known.indexOf(name)
  if (at >= 0) return at
  let hash = 0
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 997
  return 4 + (hash % 4)
}
