/** Texts with labels out of JSONL and CSV files. */
import { EspalierError } from '../../../contract/errors'
import { invalidData } from '../files'

export interface TextRecord {
  readonly text: string
  /** A class by number or name, or a list of several; null where there is none. */
  readonly label: Label | readonly Label[] | null
}

type Label = string | number

const textNames = ['text', 'sentence', 'content', 'review']
const labelNames = ['label', 'labels', 'y', 'target', 'class']
/** Columns that count rows. */
const countNames = ['', 'id', 'idx', 'index', 'unnamed: 0']

/** What a column that nothing names as labels must be like: fewer values than half the samples have one. */
const asLabels = (records: readonly TextRecord[]): readonly TextRecord[] => {
  const values = new Set(records.map(({ label }) => label))
  return values.size * 2 <= records.length ? records : records.map((record) => ({ ...record, label: null }))
}

/** The column of labels: one of the usual names, else the only one beside texts and counts. */
function labelColumn(names: readonly string[]): { name: string | undefined; guessed: boolean } {
  const usual = labelNames.find((name) => names.includes(name))
  const others = names.filter((name) => !textNames.includes(name) && !countNames.includes(name))
  return usual !== undefined
    ? { name: usual, guessed: false }
    : { name: others.length === 1 ? others[0] : undefined, guessed: true }
}

const longest = 2 ** 24

/** Lines as views, so that a large file never is one text. */
export function* linesOf(bytes: Uint8Array): Generator<Uint8Array> {
  let from = 0
  while (from < bytes.length) {
    const found = bytes.indexOf(10, from)
    const end = found < 0 ? bytes.length : found
    yield bytes.subarray(from, end)
    from = end + 1
  }
}

/** @throws DATA_INVALID naming the line */
export function readJsonLines(bytes: Uint8Array, name: string): TextRecord[] {
  const records: TextRecord[] = []
  let guessed = false
  let number = 0
  for (const line of linesOf(bytes)) {
    number++
    if (line.length > longest)
      invalidData(`Line ${number} of "${name}" is longer than ${longest} bytes. Write one sample a line.`)
    const plain = new TextDecoder().decode(line).trim()
    if (plain === '') continue
    const { record, guess } = recordOf(plain, name, number)
    guessed ||= guess
    records.push(record)
  }
  if (records.length === 0)
    invalidData(`"${name}" holds no lines. Write one sample a line: {"text": "...", "label": 0}.`)
  return guessed ? [...asLabels(records)] : records
}

function recordOf(line: string, name: string, number: number): { record: TextRecord; guess: boolean } {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch (error) {
    throw new EspalierError(
      'DATA_INVALID',
      `Line ${number} of "${name}" is not valid JSON. Correct or remove that line.`,
      error,
    )
  }
  const object = typeof json === 'object' && json !== null ? (json as Record<string, unknown>) : {}
  const text = textNames.map((key) => object[key]).find((value) => typeof value === 'string')
  const there = Object.keys(object).filter((key) => object[key] !== null)
  const column = labelColumn(there)
  const value = column.name === undefined ? null : object[column.name]
  const scalar = ['string', 'number', 'boolean'].includes(typeof value)
  // What nothing names as a label is one only where it could be.
  const given = (column.guessed && !scalar ? null : value) ?? null
  const label = Array.isArray(given) ? given.map(plainLabel) : plainLabel(given)
  const good =
    typeof text === 'string' && (Array.isArray(label) ? label.every(isLabel) : label === null || isLabel(label))
  if (!good)
    return invalidData(
      `Line ${number} of "${name}" must be an object with a "text" and, if it has one, a "label" that is a number or a name, or a list of them.`,
    )
  return {
    record: { text: text as string, label: label as TextRecord['label'] },
    guess: column.guessed && given !== null,
  }
}

const plainLabel = (label: unknown): unknown => (typeof label === 'boolean' ? Number(label) : label)
const isLabel = (label: unknown): label is Label => typeof label === 'string' || typeof label === 'number'

/** Rows of a CSV file by RFC 4180: quoted cells may hold separators, quotes written twice, and line breaks. */
export function* csvRows(text: string, separator: string): Generator<string[]> {
  let row: string[] = []
  let cell = ''
  let quoted = false
  for (let i = 0; i < text.length; i++) {
    const char = text[i] as string
    if (quoted) {
      if (char !== '"') cell += char
      else if (text[i + 1] === '"') cell += text[++i]
      else quoted = false
    } else if (char === '"' && cell.trim() === '') {
      quoted = true
      cell = ''
    } else if (char === separator) {
      row.push(cell)
      cell = ''
    } else if (char === '\n') {
      row.push(cell.replace(/\r$/, ''))
      if (row.length > 1 || row[0] !== '') yield row
      row = []
      cell = ''
    } else cell += char
  }
  row.push(cell)
  if (row.length > 1 || row[0] !== '') yield row
}

const firstLine = (bytes: Uint8Array): string =>
  new TextDecoder().decode(bytes.subarray(0, 4096)).split(/\r?\n/)[0] ?? ''

const separators = [',', ';', '\t']
const separatorOf = (line: string): string =>
  separators.reduce((best, each) => (line.split(each).length > line.split(best).length ? each : best))

const headerOf = (bytes: Uint8Array): string[] => {
  const line = firstLine(bytes)
  return line.split(separatorOf(line)).map((cell) =>
    cell
      .trim()
      .replace(/^\uFEFF?"?(.*?)"?$/, '$1')
      .toLowerCase(),
  )
}

/** Whether a CSV file has a column of texts. */
export const hasTextColumn = (bytes: Uint8Array): boolean => headerOf(bytes).some((cell) => textNames.includes(cell))

/** @throws DATA_INVALID, FILE_TOO_LARGE */
export function readTextCsv(bytes: Uint8Array, name: string): TextRecord[] {
  if (bytes.length > 2 ** 28) {
    throw new EspalierError(
      'FILE_TOO_LARGE',
      `"${name}" is larger than 256 MB of texts in one CSV file. Store them as JSONL.`,
    )
  }
  const header = headerOf(bytes)
  const text = header.findIndex((cell) => textNames.includes(cell))
  const column = labelColumn(header)
  const label = column.name === undefined ? -1 : header.indexOf(column.name)
  const records: TextRecord[] = []
  let number = 0
  for (const row of csvRows(new TextDecoder().decode(bytes), separatorOf(firstLine(bytes)))) {
    if (number++ === 0) continue
    if (row.length !== header.length) {
      return invalidData(
        `Row ${number - 1} of "${name}" has ${row.length} columns, the header has ${header.length}. Put texts with separators in quotes.`,
      )
    }
    records.push({ text: row[text] as string, label: label < 0 ? null : (row[label] as string).trim() })
  }
  if (records.length === 0) invalidData(`"${name}" holds a header but no rows. Write one sample a row.`)
  return column.guessed ? [...asLabels(records)] : records
}
