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

const shapes = ['circle', 'rect', 'triangle', 'diamond', 'pin', 'arrow', 'roundRect'] as const
const colours = 8

/** Strategies beyond the eighth have the colours of the first ones again, with other shapes. */
const known = [
  ...['result-oriented', 'random', 'l2', 'group-norm', 'l1', 'taylor', 'fpgm', 'fisher'],
  ...['bn-scale', 'lamp', 'apoz', 'activation-mean', 'entropy', 'hrank', 'thinet', 'chip'],
  ...['nisp', 'scratch'],
]

/** Place of a strategy among all; names not known come after them, each at one of its own as far as there are some. */
export function strategyOrder(name: string): number {
  const at = known.indexOf(name)
  if (at >= 0) return at
  let hash = 0
  for (const letter of name) hash = (hash * 31 + letter.charCodeAt(0)) % 997
  return known.length + hash
}

/** Which of the eight colours: the same on every screen. */
export const strategyIndex = (name: string): number => strategyOrder(name) % colours

/** The mark of a place: each round through the colours begins with another shape, so that no two known strategies look the same. */
export const symbolAt = (place: number): (typeof shapes)[number] =>
  shapes[((place % colours) + 3 * Math.floor(place / colours)) % shapes.length] as (typeof shapes)[number]
