/**
 * CSV with a number a column: one row a sample, the label in the column `label`, `y`, `target` or `class`, else in the last;
 * several in the columns `label_...` or `target_...`.
 */
import { invalidData, type TrackedFiles } from '../files'
import { checkFinite, classNames, readLabels } from '../labels'
import { arrayField, emptyTable, type RawData, type RawTable } from '../raw'
import { csvRows } from '../text/records'

export const isCsvName = (name: string): boolean => /\.(csv|tsv)$/i.test(name)

const labelName = /^(label|labels|y|target|class)$/i
const oneOfSeveral = /^(labels?|targets?)[ _.:-]?\S+$/i

interface Sheet {
  readonly features: Float32Array
  readonly width: number
  /** One row behind the other. */
  readonly labels: readonly string[]
  /** Labels a row. */
  readonly labelWidth: number
  /** Names of the features; absent without a header. */
  readonly columns: readonly string[] | undefined
  readonly count: number
}

/**
 * The cells of every line. A first column without a name counts the rows (pandas' index) and is left out; where commas do
 * not part cells, they stand in front of decimals.
 */
function linesOf(text: string, separator: string): string[][] {
  const rows = text.includes('"')
    ? [...csvRows(text, separator)]
    : text
        .split(/\r?\n/)
        .filter((line) => line.trim() !== '')
        .map((line) => line.split(separator))
  const [first = []] = rows
  const named = first.slice(1).every((cell) => !isNumber(cell.trim()))
  const index = first.length > 2 && named && /^(unnamed: 0)?$/i.test((first[0] as string).trim())
  const decimal = (cell: string) =>
    separator !== ',' && /^[-+]?\d*,\d+(e[-+]?\d+)?$/i.test(cell) ? cell.replace(',', '.') : cell
  return rows.map((row) => (index ? row.slice(1) : row).map((cell) => decimal(cell.trim())))
}

const isNumber = (cell: string) => cell !== '' && Number.isFinite(Number(cell))

function separatorOf(line: string): string {
  const candidates = [',', ';', '\t']
  return candidates.reduce((best, each) => (line.split(each).length > line.split(best).length ? each : best))
}

/** A first line that holds a text where the second holds a number is a header. */
function headerOf([first = [], second = []]: readonly string[][]): string[] | undefined {
  return first.some((cell, i) => !isNumber(cell) && isNumber(second[i] ?? '')) ? first : undefined
}

function readSheet(bytes: Uint8Array, name: string): Sheet {
  const text = new TextDecoder().decode(bytes)
  const separator = separatorOf(text.split(/\r?\n/, 1)[0] ?? '')
  const lines = linesOf(text, separator)
  const header = headerOf(lines)
  const rows = lines.slice(header ? 1 : 0)
  const columns = lines[0]?.length ?? 0
  if (rows.length === 0 || columns < 2) {
    return invalidData(
      `"${name}" holds no rows of numbers. Write one sample a line, numbers separated by commas, the label last.`,
    )
  }
  const named = header ? header.findIndex((cell) => labelName.test(cell)) : -1
  const several = named < 0 ? (header ?? []).flatMap((cell, c) => (oneOfSeveral.test(cell) ? [c] : [])) : []
  const labelColumns = several.length > 1 && several.length < columns ? several : [named >= 0 ? named : columns - 1]
  const isLabel = new Set(labelColumns)
  const width = columns - labelColumns.length
  const features = new Float32Array(rows.length * width)
  const labels: string[] = []
  rows.forEach((row, r) => {
    if (row.length !== columns) {
      invalidData(
        `Row ${r + 1} of "${name}" has ${row.length} columns, the first line has ${columns}. Correct that row.`,
      )
      return
    }
    for (const c of labelColumns) labels.push(row[c] as string)
    row
      .filter((_, c) => !isLabel.has(c))
      .forEach((cell, c) => {
        features[r * width + c] = cell === '' ? Number.NaN : Number(cell)
      })
  })
  checkFinite(features, width, name)
  const wrong = labelColumns.length > 1 ? labels.findIndex((label) => !isNumber(label)) : -1
  if (wrong >= 0)
    return invalidData(
      `"${labels[wrong]}" stands in a label column of "${name}" where several labels a row must be numbers: 0 and 1, or targets. Number it.`,
    )
  const names = header?.filter((_, c) => !isLabel.has(c))
  return { features, width, labels, labelWidth: labelColumns.length, columns: names, count: rows.length }
}

/** Texts become class indices in the order of their names; numbers are taken as they are. */
function tableOf(sheet: Sheet, name: string, classes: readonly string[]): RawTable {
  const { count, features, width, labelWidth } = sheet
  const fields = new Map([['', arrayField(features, [width], false, false)]])
  const texts = sheet.labels
  const values = classes.length > 0 ? texts.map((text) => classes.indexOf(text)) : texts.map(Number)
  const float = classes.length === 0 && !values.every((value) => Number.isInteger(value) && value >= 0)
  const shape = labelWidth === 1 ? [count] : [count, labelWidth]
  return { count, fields, labels: readLabels(Float64Array.from(values), shape, float, count, classes.length, name) }
}

/** @throws FILE_*, DATA_INVALID, DATA_NON_FINITE, DATA_LABELS_OUT_OF_RANGE */
export async function openCsv(files: TrackedFiles, names: readonly string[]): Promise<Omit<RawData, 'hash'>> {
  const part = (pattern: RegExp) => names.find((name) => pattern.test(name))
  const test = part(/test/i)
  const valid = part(/val|dev/i)
  const train = part(/train/i) ?? names.find((name) => name !== test && name !== valid)
  const read = async (name: string | undefined) =>
    name ? { name, sheet: readSheet(await files.read(name), name) } : null
  const sheets = { train: await read(train), validation: await read(valid), test: await read(test) }
  const given = Object.values(sheets).filter((each) => each !== null)
  const texts = given.flatMap(({ sheet }) => sheet.labels)
  const named = texts.every(isNumber) ? [] : [...new Set(texts)].sort()
  const table = (each: (typeof given)[number] | null) => each && tableOf(each.sheet, each.name, named)
  const [first] = given
  const width = first?.sheet.width
  const odd = given.find(({ sheet }) => sheet.width !== width || sheet.labelWidth !== first?.sheet.labelWidth)
  if (!first || odd)
    return invalidData(
      `"${odd?.name ?? names[0]}" has another number of columns than "${first?.name}". Store all splits alike.`,
    )
  const tables = { train: table(sheets.train), validation: table(sheets.validation), test: table(sheets.test) }
  const any = (tables.train ?? tables.test ?? tables.validation) as RawTable
  const classes = classNames(
    named,
    Object.values(tables).map((each) => each?.labels ?? null),
  )
  return {
    kind: 'csv',
    classes,
    columns: first.sheet.columns,
    mean: [],
    std: [],
    train: tables.train ?? emptyTable(any.fields),
    validation: tables.validation,
    test: tables.test,
  }
}
