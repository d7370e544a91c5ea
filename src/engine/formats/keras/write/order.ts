/**
 * The order in which Keras keeps the layers of a functional network, and so numbers their weights: by their distance from
 * the outputs, and at the same distance by when a walk from the outputs meets them (keras.src.ops.function.map_graph).
 */
import type { WrittenLayer } from './network'

export function inKerasOrder(layers: readonly WrittenLayer[], outputs: readonly string[]): WrittenLayer[] {
  const byName = new Map(layers.map((layer) => [layer.name, layer]))
  const met = new Map<string, number>()
  const finished: string[] = []
  const walk: { readonly name: string; next: number }[] = []
  const enter = (name: string) => {
    if (met.has(name)) return
    met.set(name, met.size)
    walk.push({ name, next: 0 })
  }
  for (const output of outputs) {
    enter(output)
    for (let at = walk.at(-1); at; at = walk.at(-1)) {
      const input = byName.get(at.name)?.inputs[at.next++]
      if (input) enter(input.layer)
      else {
        finished.push(at.name)
        walk.pop()
      }
    }
  }
  const depths = new Map<string, number>()
  for (const name of finished.reverse()) {
    const depth = depths.get(name) ?? 0
    depths.set(name, depth)
    for (const { layer } of byName.get(name)?.inputs ?? [])
      depths.set(layer, Math.max(depth + 1, depths.get(layer) ?? 0))
  }
  // An input that nothing reads stands first at no distance.
  const place = (layer: WrittenLayer) => [depths.get(layer.name) ?? 0, met.get(layer.name) ?? -1] as const
  return [...layers].sort((a, b) => {
    const [[depthA, metA], [depthB, metB]] = [place(a), place(b)]
    return depthB - depthA || metA - metB
  })
}
