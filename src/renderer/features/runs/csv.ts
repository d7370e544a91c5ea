/** The table with its runs, their order, its columns: as CSV with figures unrounded, for whoever reckons on, and as Markdown. */
import type { Run } from '../../../contract'
import { markdownTable } from '../../ui/markdown'
import type { Column, ColumnHelp } from './columns'

/** A field that a spreadsheet would take for a formula is kept a text. */
const field = (value: string): string => {
  const safe = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}

const cell = (column: Column, run: Run, help: ColumnHelp): string => {
  if (!column.numeric) return field(column.text(run, help))
  const value = column.sort(run, help)
  return value === null ? '' : String(value)
}

/** The same as it is shown, figures with their units. */
export const tableMarkdown = (runs: readonly Run[], columns: readonly Column[], help: ColumnHelp): string =>
  markdownTable(
    columns.map(({ id, numeric }) => ({ title: help.column(id), numeric })),
    runs.map((run) => columns.map((column) => column.text(run, help))),
  )

/** With the byte order mark that spreadsheets know UTF-8 by. */
export function tableCsv(runs: readonly Run[], columns: readonly Column[], help: ColumnHelp): string {
  const head = columns.map((column) => field(help.column(column.id)))
  const lines = runs.map((run) => columns.map((column) => cell(column, run, help)))
  return `\ufeff${[head, ...lines].map((line) => line.join(',')).join('\r\n')}\r\n`
}
