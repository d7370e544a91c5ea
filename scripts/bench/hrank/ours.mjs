/**
 * Ranks of the maps that theirs.py left in a folder, or of made-up ones where it did not run; prints the time of each
 * layer. usage: ours.mjs FOLDER SAMPLES
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [folder, samples] = process.argv.slice(2)
const { rankCounter } = await import(process.env.ESPALIER_BUNDLE)

/** Channels and extents of the layers of a VGG-16 on 32x32. */
const plan = [
  [64, 32],
  [64, 32],
  [128, 16],
  [128, 16],
  [256, 8],
  [256, 8],
  [256, 8],
  [512, 4],
  [512, 4],
  [512, 4],
  [512, 2],
  [512, 2],
  [512, 2],
]

const made = (length) => Float32Array.from({ length }, (_, i) => Math.max(0, (Math.sin(12.9898 * i) * 43758.5453) % 1))

const layers = plan.map(([channels, extent], i) => {
  const name = `layer${i}`
  const path = join(folder, `${name}.maps`)
  const positions = extent * extent
  const count = Number(samples) * channels
  const bytes = existsSync(path) ? readFileSync(path) : undefined
  const maps = bytes ? new Float32Array(new Uint8Array(bytes).buffer) : made(count * positions)
  const started = performance.now()
  const rankAt = rankCounter(extent, extent)
  const ranks = new Int32Array(count)
  for (let map = 0; map < count; map++) ranks[map] = rankAt(maps, map * positions)
  const ms = performance.now() - started
  writeFileSync(join(folder, `${name}.ours`), new Uint8Array(ranks.buffer))
  return { name, channels, extent, ms }
})
console.log(JSON.stringify({ layers }))
