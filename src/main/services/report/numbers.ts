/** How figures are written in a report. */

export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`

/** The task metric; an em dash where there are no labels. */
export const points = (value: number | null): string => (value === null ? '–' : value.toFixed(2))

/** With its sign, so that a gain cannot be read as a loss. */
export const signed = (value: number | null): string =>
  value === null ? '–' : `${value > 0 ? '+' : value < 0 ? '−' : '±'}${Math.abs(value).toFixed(2)}`

const units = ['', 'k', 'M', 'G', 'T']

/** 12.3 M, 1.20 G. */
export function large(value: number): string {
  let [rest, unit] = [value, 0]
  while (rest >= 1000 && unit < units.length - 1) {
    rest /= 1000
    unit++
  }
  return unit === 0 ? String(Math.round(rest)) : `${rest.toPrecision(3)} ${units[unit]}`
}
