/** Every two of so many networks, in the order in which what is told of them is listed: (0, 1), (0, 2) …, (1, 2) … */
export function* pairsOf(count: number): Generator<readonly [number, number]> {
  for (let one = 0; one < count; one++) for (let other = one + 1; other < count; other++) yield [one, other]
}
