/** .npz: x_train, y_train, x_test, y_test, optional x_valid, y_valid, mean, std, classes; several inputs as x_train.NAME. */

import { readDirectory, readEntry, type ZipEntry } from '../../archive/zip'
import { invalidData, type TrackedFiles } from '../files'
import { checkFinite, classNames, readLabels } from '../labels'
import { columnsOfMarks } from '../meaning'
import { arrayField, emptyTable, type RawData, type RawField, type RawTable } from '../raw'
import { type NumberArray, readNpy, type TextArray } from './npy'

/** Other spellings of the arrays' names: X_train, x_val; x and y alone are the train split. */
function usualName(key: string): string {
  const [, kind, split = 'train', input = ''] =
    /^([xy])(?:_(train|valid|val|validation|dev|test))?(\..+)?$/i.exec(key) ?? []
  if (!kind) return key
  const part = split.toLowerCase()
  return `${kind.toLowerCase()}_${/^(val|dev)/.test(part) ? 'valid' : part}${input}`
}

class Archive {
  private readonly entries: Map<string, ZipEntry>

  constructor(
    private readonly bytes: Uint8Array,
    private readonly name: string,
  ) {
    this.entries = new Map(
      [...readDirectory(bytes, name)].map(([key, entry]) => [usualName(key.replace(/\.npy$/, '')), entry]),
    )
  }

  get names(): string[] {
    return [...this.entries.keys()]
  }

  array(key: string): NumberArray | TextArray | undefined {
    const entry = this.entries.get(key)
    return entry && readNpy(readEntry(this.bytes, entry, this.name), `${key} in ${this.name}`)
  }

  numbers(key: string): NumberArray | undefined {
    const array = this.array(key)
    if (!array || array.kind === 'numbers') return array
    return invalidData(`"${key}" in ${this.name} holds texts, but numbers are needed. Store it as numbers.`)
  }
}

function fieldOf(array: NumberArray, name: string): { field: RawField; count: number } {
  const [count] = array.shape
  if (count === undefined) {
    return invalidData(
      `"${name}" is a single number, but a list of samples is needed. Store the samples along its first axis.`,
    )
  }
  const dims = array.shape.slice(1)
  const float = array.type.startsWith('f')
  if (array.data instanceof Float32Array || (float && array.data instanceof Float64Array)) {
    checkFinite(
      array.data as Float32Array,
      dims.reduce((a, b) => a * b, 1),
      name,
    )
  }
  const pixels = array.type === 'u1'
  return { field: arrayField(array.data, dims, pixels, !float && !pixels), count }
}

const splitNames = ['train', 'valid', 'test']

/** One split, or null where the file has none. */
function readSplit(archive: Archive, split: string, classes: readonly string[]): RawTable | null {
  const prefix = `x_${split}`
  const keys = archive.names.filter((key) => key === prefix || key.startsWith(`${prefix}.`))
  if (keys.length === 0) return null
  const fields = new Map<string, RawField>()
  let count: number | undefined
  for (const key of keys.sort()) {
    const read = fieldOf(archive.numbers(key) as NumberArray, key)
    if (count !== undefined && read.count !== count) {
      return invalidData(
        `"${key}" has ${read.count} samples and "${keys[0]}" has ${count}. All inputs of a split need the same number.`,
      )
    }
    count = read.count
    fields.set(key === prefix ? '' : key.slice(prefix.length + 1), read.field)
  }
  if (fields.has('') && fields.size > 1) {
    return invalidData(
      `The file has both "${prefix}" and arrays "${prefix}.NAME". Name all inputs, or only one without a name.`,
    )
  }
  const rows = count as number
  const y = archive.array(`y_${split}`)
  if (!y) return { count: rows, fields, labels: null }
  const float = y.kind === 'numbers' && y.type.startsWith('f')
  const values = y.kind === 'numbers' ? y.data : Int32Array.from(y.data, (label) => classes.indexOf(label))
  return { count: rows, fields, labels: readLabels(values, y.shape, float, rows, classes.length, `y_${split}`) }
}

const statistics = (archive: Archive, key: string): number[] => {
  const array = archive.numbers(key)
  const values = array ? Array.from(array.data) : []
  const usable = values.every((value) => Number.isFinite(value) && (key === 'mean' || value > 0))
  return usable
    ? values
    : invalidData(
        `"${key}" in the data holds ${values.join(', ').slice(0, 80)}; every value must be a ${key === 'std' ? 'positive ' : ''}number.`,
      )
}

/** All splits of one file must look alike. */
function checkAlike(train: RawTable, other: RawTable | null, split: string): void {
  for (const [name, field] of other?.fields ?? []) {
    const first = train.fields.get(name)
    if (first && first.dims.join() === field.dims.join() && first.pixels === field.pixels) continue
    invalidData(
      `The samples of the ${split} split are [${field.dims.join(', ')}], those of the train split ${first ? `[${first.dims.join(', ')}]` : 'are missing'}, or they are stored in another type. Store all splits alike.`,
    )
  }
}

/** @throws FILE_*, DATA_INVALID, DATA_NON_FINITE, DATA_LABELS_OUT_OF_RANGE */
export async function openNpz(files: TrackedFiles, name: string): Promise<Omit<RawData, 'hash'>> {
  const archive = new Archive(await files.read(name), name)
  const given = archive.array('classes')
  const texts = splitNames.flatMap((split) => {
    const y = archive.array(`y_${split}`)
    return y?.kind === 'texts' ? Array.from(y.data) : []
  })
  const named = given ? Array.from(given.data as ArrayLike<string | number>, String) : [...new Set(texts)].sort()
  const [train, validation, test] = splitNames.map((split) => readSplit(archive, split, named)) as [
    RawTable | null,
    RawTable | null,
    RawTable | null,
  ]
  const first = train ?? test ?? validation
  if (!first) {
    return invalidData(
      `"${name}" has no array x_train or x_test; it holds ${archive.names.slice(0, 12).join(', ') || 'nothing'}. Store the images as x_train and x_test, the labels as y_train and y_test.`,
    )
  }
  checkAlike(first, validation, 'validation')
  checkAlike(first, test, 'test')
  const tables = [train, validation, test]
  const columns = named.length === 0 ? columnsOfMarks(tables) : null
  return {
    kind: 'npz',
    classes: columns
      ? Array.from({ length: columns }, (_, k) => String(k))
      : classNames(
          named,
          tables.map((table) => table?.labels ?? null),
        ),
    mean: statistics(archive, 'mean'),
    std: statistics(archive, 'std'),
    train: train ?? emptyTable(first.fields),
    validation,
    test,
  }
}
