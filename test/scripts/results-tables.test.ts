/** The tables of docs/results.md: what a rival is held against. */
import { describe, expect, it } from 'vitest'

type Cell = ReturnType<typeof cell>
const { details, summary }: { details(cells: Cell[]): string[]; summary(cells: Cell[], finetuned: boolean): string[] } =
  await import(new URL('../../scripts/reproduce/tables.mjs', import.meta.url).href)

const samples = 400
/** The first ones are named rightly. */
const bits = (right: number) => {
  const bytes = new Uint8Array(samples / 8)
  for (let i = 0; i < right; i++) bytes[i >> 3] = (bytes[i >> 3] as number) | (1 << (i & 7))
  return Buffer.from(bytes).toString('base64')
}
const cell = (strategy: string, refit: string, finetune: number, right: number) => ({
  ...{ network: 'lenet', seed: 0, strategy, allocation: 'uniform', keep: 0.3, refit, finetune },
  ...{ before: 100, after: (100 * right) / samples, right: bits(right), samples, macsKept: 0.3, kl: 0.1 },
})
const cells = [
  cell('result-oriented', 'sequential', 0, 360),
  cell('result-oriented', 'layerwise', 0, 320),
  cell('result-oriented', 'sequential', 2, 380),
  cell('fisher', 'sequential', 0, 352),
  cell('fisher', 'layerwise', 0, 300),
  cell('fisher', 'none', 0, 100),
  cell('scratch', 'none', 2, 200),
]
const rowsOf = (lines: readonly string[]) => lines.slice(2).map((line) => line.split('|').map((text) => text.trim()))

describe('results', () => {
  it('hold a rival against ours with the same refit, and what was published against our default', () => {
    const still = cells.filter(({ finetune }) => finetune === 0)
    const ahead = new Map(
      rowsOf(details(still)).map((row) => [`${row[1]}, ${row[2]}`, (row[8] as string).split(' ')[0]]),
    )
    expect(ahead.get('fisher (uniform), refit on the result')).toBe('+2.00')
    expect(ahead.get('fisher (uniform), layer-wise refit')).toBe('+5.00')
    expect(ahead.get('fisher (uniform), as published')).toBe('+65.00')
    expect(ahead.get('result-oriented, refit on the result')).toBe('-')
  })

  it('tell what training from scratch gives beside what was fine-tuned', () => {
    const [row] = rowsOf(summary(cells, true))
    expect(row?.at(-2)).toBe('50.00 scratch (uniform)')
    expect(rowsOf(summary(cells, false)).every((line) => !line.join().includes('scratch'))).toBe(true)
  })
})
