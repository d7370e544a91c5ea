/** Which source a file or a folder is, and its opening: kinds of data in one table, told by content. */
import { EspalierError } from '../../contract/errors'
import { isZip } from '../archive/zip'
import { type FileAccess, invalidData, TrackedFiles } from './files'
import { inOrderOf } from './meaning'
import type { RawData } from './raw'
import { OpenedData } from './source'
import { isCifarName, openCifar } from './sources/cifar'
import { isCsvName, openCsv } from './sources/csv'
import { isIdxName, openIdx } from './sources/idx'
import { isImageName, openImageFolder } from './sources/image-folder'
import { openNpz } from './sources/npz'
import { isJsonLinesName, openJsonLines, openTextCsv } from './sources/text'

/** What the user says about a data set where the files do not. */
export interface DataOverrides {
  /** A channel (or one for all): bytes become (x / 255 - mean) / std. */
  readonly mean?: readonly number[]
  readonly std?: readonly number[]
  readonly classes?: readonly string[]
}

interface Kind {
  readonly label: string
  /** Opens the files if they are of this kind. */
  open(files: TrackedFiles, names: readonly string[]): Promise<Omit<RawData, 'hash'>> | undefined
}

const some = (names: readonly string[], is: (name: string) => boolean) => {
  const found = names.filter(is)
  return found.length > 0 ? found : undefined
}

const kinds: readonly Kind[] = [
  {
    label: 'CIFAR binary files',
    open: (files, names) => {
      const found = some(names, isCifarName)
      return found && openCifar(files, found)
    },
  },
  {
    label: 'a folder of class folders of PNG or JPEG images',
    open: (files, names) => (some(names, isImageName) ? openImageFolder(files) : undefined),
  },
  {
    label: 'a folder of IDX files',
    open: (files, names) => {
      const found = some(names, isIdxName)
      return found && openIdx(files, found)
    },
  },
  {
    label: 'JSONL files of texts',
    open: (files, names) => {
      const found = some(names, isJsonLinesName)
      return found && openJsonLines(files, names, found)
    },
  },
  {
    label: 'CSV files of numbers or texts',
    open: (files, names) => {
      const found = some(names, isCsvName)
      return found && openTextCsv(files, names, found).then((texts) => texts ?? openCsv(files, found))
    },
  },
]

/** A file that says about a folder what its files cannot: `{"mean": [...], "std": [...], "classes": [...]}`. */
const description = 'dataset.json'

async function readDescription(files: TrackedFiles, names: readonly string[]): Promise<DataOverrides> {
  if (!names.includes(description)) return {}
  const text = new TextDecoder().decode(await files.read(description))
  let given: unknown
  try {
    given = JSON.parse(text)
  } catch (error) {
    throw new EspalierError('DATA_INVALID', `"${description}" is not valid JSON. Correct or remove it.`, error)
  }
  const { mean, std, classes } = (given ?? {}) as Record<string, unknown>
  const numbers = (value: unknown) => Array.isArray(value) && value.every((each) => Number.isFinite(each))
  const texts = Array.isArray(classes) && classes.every((each) => typeof each === 'string')
  if (
    (mean !== undefined && !numbers(mean)) ||
    (std !== undefined && !numbers(std)) ||
    (classes !== undefined && !texts)
  ) {
    return invalidData(
      `"${description}" must hold lists: numbers for "mean" and "std", texts for "classes". Correct or remove it.`,
    )
  }
  return {
    ...(mean ? { mean: mean as number[] } : {}),
    ...(std ? { std: std as number[] } : {}),
    ...(texts ? { classes } : {}),
  }
}

async function openRaw(files: TrackedFiles, names: readonly string[]): Promise<Omit<RawData, 'hash'>> {
  const [only] = names
  if (only === undefined) return invalidData('The folder is empty. Choose the folder the data lies in.')
  const archives = names.filter((name) => /\.npz$/i.test(name))
  if (names.length === 1 || archives.length === 1) {
    const archive = archives[0] ?? only
    if (isZip(await files.read(archive))) return openNpz(files, archive)
    if (archives.length === 1) {
      throw new EspalierError('FILE_UNREADABLE', `"${archive}" is not a numpy archive. Save it again with numpy.savez.`)
    }
  }
  for (const kind of kinds) {
    const opened = kind.open(files, names)
    if (opened) return opened
  }
  throw new EspalierError(
    'FORMAT_UNKNOWN',
    `"${only}"${names.length > 1 ? ` and ${names.length - 1} other files are` : ' is'} no data that Espalier reads. It reads an .npz file, ${kinds.map((kind) => kind.label).join(', ')}.`,
  )
}

/**
 * Opens a file or a folder of data; what it is is told by its content and its names.
 * @param overrides win over what the files say
 * @throws FORMAT_UNKNOWN, FILE_*, DATA_INVALID, DATA_NON_FINITE, DATA_LABELS_OUT_OF_RANGE
 */
export async function openData(access: FileAccess, overrides: DataOverrides = {}): Promise<OpenedData> {
  const files = new TrackedFiles(access)
  const names = await files.list()
  const raw = await openRaw(files, names)
  const described = names.length > 1 ? await readDescription(files, names) : {}
  const { classes, ...normalisation } = { ...described, ...overrides }
  const whole = { ...raw, ...normalisation, hash: await files.fingerprint() }
  return new OpenedData(classes ? inOrderOf(whole, classes) : whole)
}
