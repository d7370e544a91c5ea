/** The comparison as CSV (RFC 4180), one line a run. */
import { type ReportInput, type ReportRow, toRow } from './model'

const columns = [
  'id',
  'name',
  'model',
  'dataset',
  'strategy',
  'refit',
  'goal',
  'seed',
  'metric',
  'before',
  'after',
  'drop',
  'agreement',
  'kl',
  'macs',
  'macsKept',
  'params',
  'paramsKept',
  'bytes',
  'bytesKept',
  'split',
  'samples',
  'seconds',
  'project',
  'latencyMs',
] as const satisfies readonly (keyof ReportRow)[]

/** A cell that begins like a formula would be run by a spreadsheet, so it is marked as text. */
const cell = (value: string | number | null): string => {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

export function reportCsv(input: ReportInput): string {
  const lines = input.runs.map(toRow).map((row) => columns.map((column) => cell(row[column])).join(','))
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`
}
