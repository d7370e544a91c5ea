/** Feature maps of a group as the services would answer: blobs, and predictions that miss a little. */
import type { DecisionTrace, FeatureMaps } from '../../../src/contract'
import { seeded } from './random'

const side = 14

function base64(values: Float32Array): string {
  const bytes = new Uint8Array(values.buffer)
  let text = ''
  for (const byte of bytes) text += String.fromCharCode(byte)
  return btoa(text)
}

export function mapsOf(trace: DecisionTrace | undefined, group: string, index: number): FeatureMaps {
  const found = trace?.groups.find((one) => one.group === group)
  const units = found?.unitsBefore ?? 8
  const kept = found?.kept ?? [...Array(units).keys()]
  const maps = new Float32Array(units * side * side)
  const random = seeded(index * 131 + units)
  for (let unit = 0; unit < units; unit++) {
    const [cy, cx, spread, gain] = [side * random(), side * random(), 2 + 5 * random(), random()]
    for (let y = 0; y < side; y++)
      for (let x = 0; x < side; x++)
        maps[(unit * side + y) * side + x] = Math.max(
          0,
          2.4 * gain * Math.exp(-((y - cy) ** 2 + (x - cx) ** 2) / (spread * 3)) - 0.12,
        )
  }
  const gone = [...Array(units).keys()].filter((unit) => !kept.includes(unit))
  const predicted = new Float32Array(gone.length * side * side)
  const removed = gone.map((unit, at) => {
    const miss = 0.1 + 0.7 * random()
    for (let i = 0; i < side * side; i++) {
      const value = maps[unit * side * side + i] ?? 0
      predicted[at * side * side + i] =
        value * (1 - 0.4 * miss) + 0.12 * miss * Math.sin((i % side) / 2.5 + unit) * Math.cos(Math.floor(i / side) / 3)
    }
    return {
      unit,
      explained: 1 - 0.6 * miss,
      explainedHere: 1 - 0.7 * miss,
      from: kept
        .slice(0, 5)
        .map((from, i) => ({ group, unit: from, part: (1 - miss) * ([0.5, 0.24, 0.13, 0.08, 0.05][i] ?? 0) })),
    }
  })
  return {
    layer: `reader of ${group}`,
    value: `${group}_out`,
    places: [`reader of ${group}`],
    units,
    kept,
    height: side,
    width: side,
    shrunk: 1,
    maps: base64(maps),
    removed,
    predicted: base64(predicted),
    fittedRows: 3072,
    heldOutRows: 1536,
  }
}
