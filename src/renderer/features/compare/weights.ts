/** How much of the differences between runs goes with each of their settings. */

export interface SettingColumn {
  readonly id: string
  /** What each run has set, in their order. */
  readonly values: readonly string[]
}

export interface ValueMean {
  readonly value: string
  readonly mean: number
  readonly n: number
}

export interface SettingWeight {
  readonly id: string
  /** 0..1: 1, and the setting alone tells the results apart. */
  readonly share: number
  /** The largest mean first. */
  readonly means: readonly ValueMean[]
}

const meanOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
const squares = (values: readonly number[], mean: number): number =>
  values.reduce((sum, value) => sum + (value - mean) ** 2, 0)

/**
 * The share of the variance of the results that goes with one setting, of each setting alone: ε² of a one-way analysis of
 * variance (Kelley, An Unbiased Correlation Ratio Measure, PNAS 1935), which a setting of many values does not win by
 * their number. Below 0 it is 0.
 * @param results one a run; null for a run without any
 * @returns those of at least two values of which some stand at several runs, the largest share first
 */
export function settingWeights(
  results: readonly (number | null)[],
  settings: readonly SettingColumn[],
): SettingWeight[] {
  const known = results.flatMap((result, at) => (result === null ? [] : [{ result, at }]))
  const all = known.map(({ result }) => result)
  const total = squares(all, meanOf(all))
  if (known.length < 3 || total === 0) return []
  return settings
    .flatMap(({ id, values }): SettingWeight[] => {
      const groups = new Map<string, number[]>()
      for (const { result, at } of known) {
        const value = values[at] ?? ''
        groups.set(value, [...(groups.get(value) ?? []), result])
      }
      const [n, k] = [known.length, groups.size]
      if (k < 2 || n <= k) return []
      const within = [...groups.values()].reduce((sum, group) => sum + squares(group, meanOf(group)), 0)
      const share = Math.max(0, 1 - within / (n - k) / (total / (n - 1)))
      const means = Array.from(groups, ([value, group]) => ({ value, mean: meanOf(group), n: group.length }))
      return [{ id, share, means: means.sort((a, b) => b.mean - a.mean) }]
    })
    .sort((a, b) => b.share - a.share)
}
