/** Work on parts of the data, several at once, whose answers are taken in the parts' order. */

/**
 * Answers in the order of the source, with at most `ahead()` of them under way, which bounds what is held. What the source
 * gives is read only when there is room for it. When the reader stops, what is under way is left to end by itself.
 * @param ahead asked again after every part
 */
export async function* inOrder<T, R>(
  source: Iterable<T>,
  answer: (part: T, index: number) => Promise<R>,
  ahead: () => number,
): AsyncGenerator<[T, R]> {
  const under: { part: T; answered: Promise<R> }[] = []
  let index = 0
  for (const part of source) {
    const answered = answer(part, index++)
    // One that fails is told when its turn comes, and not at all when the reader stopped before.
    answered.catch(() => {})
    under.push({ part, answered })
    while (under.length >= ahead()) {
      const { part: first, answered: result } = under.shift() as (typeof under)[number]
      yield [first, await result]
    }
  }
  for (const { part, answered } of under) yield [part, await answered]
}
