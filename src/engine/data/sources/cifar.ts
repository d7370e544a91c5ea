/** CIFAR-10 and CIFAR-100 binary files: records of one or two label bytes and 3 x 32 x 32 pixels, channels first. */
import { invalidData, type TrackedFiles, truncatedData } from '../files'
import { classNames, readLabels } from '../labels'
import { emptyTable, type RawData, type RawField, type RawTable } from '../raw'

const pixels = 3 * 32 * 32
const dims = [3, 32, 32]

const cifar10 = /(^|\/)(data_batch_\d+|test_batch)\.bin$/
const cifar100 = /(^|\/)(train|test)\.bin$/

export const isCifarName = (name: string): boolean => cifar10.test(name) || cifar100.test(name)

interface Part {
  readonly bytes: Uint8Array
  readonly count: number
}

/** The label is the byte before the pixels: the only one of CIFAR-10, the fine one of CIFAR-100. */
function readPart(bytes: Uint8Array, name: string, labelBytes: number): Part {
  const record = labelBytes + pixels
  if (bytes.length === 0 || bytes.length % record !== 0) {
    return truncatedData(name, `records are ${record} bytes and the file is ${bytes.length}`)
  }
  return { bytes, count: bytes.length / record }
}

function tableOf(parts: readonly Part[], labelBytes: number, name: string): RawTable | null {
  if (parts.length === 0) return null
  const record = labelBytes + pixels
  const starts: number[] = []
  let count = 0
  for (const part of parts) {
    starts.push(count)
    count += part.count
  }
  const place = (index: number) => {
    let part = starts.length - 1
    while ((starts[part] as number) > index) part--
    return { bytes: (parts[part] as Part).bytes, at: (index - (starts[part] as number)) * record }
  }
  const row = (index: number) => {
    const { bytes, at } = place(index)
    return bytes.subarray(at + labelBytes, at + record)
  }
  const field: RawField = { dims, pixels: true, integer: false, row }
  const values = Uint8Array.from({ length: count }, (_, i) => {
    const { bytes, at } = place(i)
    return bytes[at + labelBytes - 1] as number
  })
  const labels = readLabels(values, [count], false, count, labelBytes === 1 ? 10 : 100, name)
  return { count, fields: new Map([['', field]]), labels }
}

/** @throws FILE_TRUNCATED, DATA_LABELS_OUT_OF_RANGE, DATA_INVALID */
export async function openCifar(files: TrackedFiles, names: readonly string[]): Promise<Omit<RawData, 'hash'>> {
  const ten = names.filter((name) => cifar10.test(name))
  const hundred = names.filter((name) => cifar100.test(name))
  if (ten.length > 0 && hundred.length > 0) {
    return invalidData('The folder holds files of both CIFAR-10 and CIFAR-100. Keep them in two folders.')
  }
  const labelBytes = ten.length > 0 ? 1 : 2
  const read = async (list: readonly string[]) => {
    const parts: Part[] = []
    for (const name of list) parts.push(readPart(await files.read(name), name, labelBytes))
    return tableOf(parts, labelBytes, list[0] ?? '')
  }
  const bins = ten.length > 0 ? ten : hundred
  const isTest = (name: string) => /(^|\/)test/.test(name)
  const train = await read(bins.filter((name) => !isTest(name)))
  const test = await read(bins.filter(isTest))
  const first = (train ?? test) as RawTable
  const meta = (await files.list()).find((name) => /(batches\.meta|fine_label_names)\.txt$/.test(name))
  const named = meta
    ? new TextDecoder()
        .decode(await files.read(meta))
        .split(/\r?\n/)
        .filter((line) => line !== '')
    : []
  const classes = classNames(named, [train?.labels ?? null, test?.labels ?? null])
  return { kind: 'cifar', classes, mean: [], std: [], train: train ?? emptyTable(first.fields), validation: null, test }
}
