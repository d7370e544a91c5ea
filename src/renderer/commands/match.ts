/** How well typed words fit a text: every word must occur; the start of a word counts most. 0: not at all. */
export function matchScore(query: string, text: string): number {
  const words = query.trim().toLowerCase().split(/\s+/).filter(Boolean)
  if (words.length === 0) return 1
  const low = text.toLowerCase()
  let score = 0
  for (const word of words) {
    const at = low.indexOf(word)
    if (at < 0) return 0
    score += at === 0 ? 4 : /\s/.test(low[at - 1] ?? '') ? 3 : 1
  }
  return score
}
