/** Names of runs side by side without what all of them end with: "Random · 30 % MACs" where every seed is 0. */

const between = ' · '

/** In the same order. Names of one part are a person's own and stay; no two names become one. */
export function shortNames(names: readonly string[]): string[] {
  let parts = names.map((name) => name.split(between))
  for (;;) {
    const composed = parts.filter((some) => some.length > 1)
    const last = composed[0]?.at(-1)
    if (composed.length < 2 || composed.some((some) => some.at(-1) !== last)) break
    const shorter = parts.map((some) => (some.length > 1 ? some.slice(0, -1) : some))
    if (new Set(shorter.map((some) => some.join(between))).size < new Set(names).size) break
    parts = shorter
  }
  return parts.map((some) => some.join(between))
}
