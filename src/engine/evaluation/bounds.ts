/** Confidence bounds, so that a promise is judged on what the samples support. */

/** Standard normal quantile of a two-sided 95 % interval. */
export const twoSided95 = 1.959963984540054

/** Of a one-sided bound with 95 % confidence. */
const oneSided95 = 1.6448536269514722

/**
 * Of a promise that is judged on samples alone. Whoever checks it does so on samples of their own, which have a spread as
 * large again: the root of two more, so that as many fresh samples keep the promise in 19 of 20 cases.
 */
export const freshSplit95 = oneSided95 * Math.SQRT2

/** Wilson's score interval of a share k / n (Wilson 1927). @returns [low, high] in 0..1 */
export function shareInterval(k: number, n: number, z = twoSided95): [number, number] {
  if (n === 0) return [0, 1]
  const share = k / n
  const scale = 1 + (z * z) / n
  const centre = (share + (z * z) / (2 * n)) / scale
  const half = (z / scale) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n))
  return [Math.max(0, centre - half), Math.min(1, centre + half)]
}

/** Fewer samples than these tell nothing of their own spread. */
const fewestOfSpread = 4

/**
 * Student's quantile where the normal one is z: a spread that was estimated on few samples is itself uncertain
 * (expansion of Cornish and Fisher; from 3 degrees of freedom on within 3 % of the exact quantile up to z = 2.4).
 */
export const studentQuantile = (z: number, freedom: number): number =>
  z +
  (z ** 3 + z) / (4 * freedom) +
  (5 * z ** 5 + 16 * z ** 3 + 3 * z) / (96 * freedom ** 2) +
  (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / (384 * freedom ** 3)

/** A mean with the interval its spread supports. */
export function meanInterval(mean: number, variance: number, n: number, z = twoSided95): [number, number] {
  const half =
    n >= fewestOfSpread ? studentQuantile(z, n - 1) * Math.sqrt(variance / (n - 1)) : Number.POSITIVE_INFINITY
  return [mean - half, mean + half]
}

/** A paired drop (lost - gained) / n and its spread over n samples, half a sample in each cell. */
function pairedDrop(lost: number, gained: number, n: number): { drop: number; spread: number } {
  const size = n + 2
  const a = lost + 0.5
  const b = gained + 0.5
  const drop = (a - b) / size
  return { drop, spread: Math.sqrt(Math.max(0, (a + b) / size - drop * drop) / size) }
}

/**
 * Upper bound of a paired drop, where `lost` samples were right only before and `gained` only after: the adjusted interval
 * of Agresti and Min (Statistics in Medicine 24, 2005). It stays above zero when nothing changed, as a finite sample must.
 * @returns share in -1..1
 */
export function pairedDropBound(lost: number, gained: number, n: number, z = freshSplit95): number {
  const { drop, spread } = pairedDrop(lost, gained, n)
  return drop + z * spread
}

/**
 * The same where it is known what the samples were expected to lose, whatever their labels happened to be: then only the
 * spread of the fresh samples counts. But the samples' own labels must not speak against it, so it is no less than their
 * one-sided bound.
 * @param expected share that is expected to be lost, -1..1
 */
export function expectedDropBound(expected: number, lost: number, gained: number, n: number): number {
  const { drop, spread } = pairedDrop(lost, gained, n)
  return Math.max(drop, expected) + oneSided95 * spread
}
