/** Mean and deviation a channel, from what was typed. */
import type { Normalisation } from './datasets.store'

const numbers = (text: string): number[] =>
  text
    .split(/[\s,;,]+/)
    .filter((word) => word !== '')
    .map(Number)

/** @returns null where the numbers do not fit the channels; empty where nothing is to be normalised. */
export function normalisationFrom(mean: string, std: string, channels: number): Normalisation | null {
  const [means, deviations] = [numbers(mean), numbers(std)]
  if (means.length === 0 && deviations.length === 0) return {}
  const fits = means.length === channels && deviations.length === channels
  const sound = [...means, ...deviations].every(Number.isFinite) && deviations.every((value) => value > 0)
  return fits && sound ? { mean: means, std: deviations } : null
}
