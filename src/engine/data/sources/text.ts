/** Folders and files of texts: JSONL, or CSV with a column of texts, with a tokenizer or a vocabulary beside them. */
import { invalidData, type TrackedFiles } from '../files'
import { emptyTable, type RawData, type RawTable } from '../raw'
import { hasTextColumn, readJsonLines, readTextCsv, type TextRecord } from '../text/records'
import { textTables } from '../text/table'
import { openTokenizer } from '../text/tokenizer'

export const isJsonLinesName = (name: string): boolean => /\.(jsonl|ndjson)$/i.test(name)

type Read = (bytes: Uint8Array, name: string) => TextRecord[]

/** @throws FILE_*, DATA_INVALID, DATA_LABELS_OUT_OF_RANGE */
async function openTexts(
  kind: 'jsonl' | 'csv',
  files: TrackedFiles,
  all: readonly string[],
  names: readonly string[],
  parse: Read,
): Promise<Omit<RawData, 'hash'>> {
  const part = (pattern: RegExp) => names.find((name) => pattern.test(name))
  const test = part(/test/i)
  const valid = part(/val|dev/i)
  const train = part(/train/i) ?? names.find((name) => name !== test && name !== valid)
  const read = async (name: string | undefined) =>
    name === undefined ? null : { name, records: parse(await files.read(name), name) }
  const splits = [await read(train), await read(valid), await read(test)]
  const first = splits.find((split) => split !== null)
  if (!first) return invalidData('There is no file of texts in the folder.')
  const texts = (splits[0] ?? first).records
  const tokenizer = await openTokenizer(files, all, function* () {
    for (const { text } of texts) yield text
  })
  const { tables, classes } = textTables(splits, tokenizer)
  const [trained, validation, tested] = tables as [RawTable | null, RawTable | null, RawTable | null]
  const any = (trained ?? tested ?? validation) as RawTable
  return { kind, classes, mean: [], std: [], train: trained ?? emptyTable(any.fields), validation, test: tested }
}

export const openJsonLines = (files: TrackedFiles, all: readonly string[], names: readonly string[]) =>
  openTexts('jsonl', files, all, names, readJsonLines)

/** Undefined where the file's first line names no column of texts. */
export async function openTextCsv(files: TrackedFiles, all: readonly string[], names: readonly string[]) {
  if (!hasTextColumn(await files.read(names[0] as string))) return undefined
  return openTexts('csv', files, all, names, readTextCsv)
}
