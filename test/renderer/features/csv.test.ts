/** The saved table: unrounded figures, quoted texts, nothing that a spreadsheet would run. */
import { describe, expect, it } from 'vitest'
import type { Run } from '../../../src/contract'
import { type ColumnHelp, columns } from '../../../src/renderer/features/runs/columns'
import { tableCsv } from '../../../src/renderer/features/runs/csv'
import { makeWorld } from '../fake/world'

const help = {
  t: (key: string) => key,
  column: (id: string) => `runs.column.${id}`,
  title: (run: Run) => run.name,
} as unknown as ColumnHelp
const shown = columns.filter(({ id }) => ['name', 'macs', 'seed'].includes(id))

describe('the runs table as CSV', () => {
  const [run] = makeWorld().runs.filter(({ status }) => status === 'done')
  const named = (name: string) => tableCsv([{ ...(run as Run), name }], shown, help).split('\r\n')[1] ?? ''

  it('has a line a run with figures as they are', () => {
    const text = tableCsv([run as Run], shown, help)
    expect(text.startsWith('\ufeffruns.column.name,')).toBe(true)
    const { before, after } = (run as Run).result?.model ?? { before: { macs: 1 }, after: { macs: 0 } }
    expect(text).toContain(String(after.macs / before.macs))
  })

  it('quotes what holds a comma or a quote', () => {
    expect(named('a, "b"')).toMatch(/^"a, ""b""",/)
  })

  it.each(['=1+1', '+1', '-1', '@x'])('keeps %s a text', (name) => {
    expect(named(name).startsWith(`'${name},`)).toBe(true)
  })
})
