/** Of samples that networks answer differently: between which two, and how far they are apart there. */
import type { Differences } from '../../../contract'
import { pairsOf } from '../../../contract/pairs'

export type Apart = Differences['samples'][number]

/** Places of two networks among the answers. */
export interface Pair {
  readonly one: number
  readonly other: number
  readonly apart: number
}

/** The two that are furthest apart on a sample among those that `fits`; null where none are apart. */
function furthestOf({ answers, apart }: Apart, fits: (one: number, other: number) => boolean): Pair | null {
  let found: Pair | null = null
  let at = 0
  for (const [one, other] of pairsOf(answers.length)) {
    const far = apart[at++] as number
    if (far > (found?.apart ?? 0) && fits(one, other)) found = { one, other, apart: far }
  }
  return found
}

/** Samples with the two that are furthest apart, those furthest first. @param chosen networks that must be among the two */
export function furthestFirst(
  samples: readonly Apart[],
  chosen: readonly number[],
): { readonly sample: Apart; readonly pair: Pair }[] {
  const fits = (one: number, other: number) => chosen.every((network) => network === one || network === other)
  return samples
    .flatMap((sample) => {
      const pair = furthestOf(sample, fits)
      return pair ? [{ sample, pair }] : []
    })
    .sort((a, b) => b.pair.apart - a.pair.apart || a.sample.sample.index - b.sample.sample.index)
}

/** Places of a list at which two say different things. */
export function placesApart(
  one: readonly number[],
  other: readonly number[],
  target: readonly number[] | undefined,
): number[] {
  // Nothing is asked where the data has -1.
  return [...one.keys()].filter((at) => one[at] !== other[at] && (target?.[at] ?? 0) >= 0)
}
