/** How figures are written in a report. */
import { lessIsBetter } from '../../../contract/outcome'
import type { Outcome } from '../../../contract/run'

export const percent = (share: number, digits = 1): string => `${(share * 100).toFixed(digits)} %`

/** The task metric; an em dash where there are no labels. Errors lie on any scale, percentages on one. */
export const figure = (value: number | null, metric: Outcome['metric']): string =>
  value === null ? '–' : metric === 'rmse' ? value.toPrecision(3) : value.toFixed(2)

/** What came of a loss: points of a percentage, or by how much an error grew. */
export const change = (lost: number | null, metric: Outcome['metric']): string =>
  lost === null ? '–' : lessIsBetter(metric) ? `${signed(lost)} %` : signed(-lost)

/** With its sign, so that a gain cannot be read as a loss. */
export function signed(value: number | null): string {
  if (value === null) return '–'
  const rounded = Number(value.toFixed(2))
  return `${rounded > 0 ? '+' : rounded < 0 ? '−' : '±'}${Math.abs(rounded).toFixed(2)}`
}

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
