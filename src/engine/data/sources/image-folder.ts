/** A folder of class folders of PNG and JPEG images, with or without train/, test/ and valid/ above the classes. */
import { invalidData, type TrackedFiles } from '../files'
import { emptyTable, type RawData, type RawField, type RawTable } from '../raw'
import { readPicture, resizePicture, withChannels } from './picture'

const image = /\.(png|jpe?g)$/i
const otherImage = /\.(bmp|gif|webp|tiff?|avif|heic)$/i

/** Decoded images are kept up to this many bytes; beyond it they are decoded each time they are read. */
const cacheBytes = 256 * 2 ** 20

/** Compressed files are read this many at a time. */
const concurrency = 16

export const isImageName = (name: string): boolean => image.test(name) || otherImage.test(name)

type Split = 'train' | 'validation' | 'test'

const splitNames: Readonly<Record<string, Split>> = {
  train: 'train',
  training: 'train',
  test: 'test',
  testing: 'test',
  val: 'validation',
  valid: 'validation',
  validation: 'validation',
}

interface Sample {
  readonly name: string
  readonly split: Split
  readonly label: string
}

/** Folders around everything are passed over, as long as a class folder and a file remain. */
function commonDepth(paths: readonly string[][]): number {
  for (let depth = 0; ; depth++) {
    const first = paths[0]?.[depth]
    const deeper = paths.every((path) => path[depth] === first && path.length > depth + 2)
    if (!deeper || first === undefined || first.toLowerCase() in splitNames) return depth
  }
}

function sampleOf(path: readonly string[], split: boolean): Sample | undefined {
  const [first = ''] = path
  const name = path.join('/')
  const found = split ? splitNames[first.toLowerCase()] : 'train'
  const label = path[split ? 1 : 0]
  return found && label !== undefined && path.length > (split ? 2 : 1) ? { name, split: found, label } : undefined
}

/** What each image is, by its path. @throws DATA_INVALID */
export function arrange(names: readonly string[]): Sample[] {
  const usable = names.filter((name) => image.test(name))
  if (usable.length === 0) {
    const other = names.find((name) => otherImage.test(name))
    return invalidData(
      `The images in the folder ("${other ?? names[0]}") are neither PNG nor JPEG. Convert them to one of these.`,
    )
  }
  const paths = usable.map((name) => name.split('/'))
  const depth = commonDepth(paths)
  const inner = paths.map((path) => path.slice(depth))
  const split = inner.every(([first = '']) => first.toLowerCase() in splitNames)
  return inner.map((path, i) => {
    const sample = sampleOf(path, split)
    if (sample) return { ...sample, name: usable[i] as string }
    return invalidData(
      `The image "${usable[i]}" lies in no class folder. Put the images of every class in a folder of its own, named after the class.`,
    )
  })
}

/** Pictures of one size, decoded when they are read. */
function pictureField(
  files: readonly { name: string; bytes: Uint8Array }[],
  channels: 1 | 3,
  height: number,
  width: number,
): RawField {
  const size = channels * height * width
  const cache = new Map<number, Uint8Array>()
  const row = (index: number): Uint8Array => {
    const kept = cache.get(index)
    if (kept) return kept
    const { name, bytes } = files[index] as { name: string; bytes: Uint8Array }
    const { data } = resizePicture(withChannels(readPicture(bytes, name), channels), width, height)
    if ((cache.size + 1) * size <= cacheBytes) cache.set(index, data)
    return data
  }
  return {
    dims: [height, width, channels],
    pixels: true,
    integer: false,
    row,
    resized: (c, h, w) =>
      c === channels && h === height && w === width
        ? pictureField(files, channels, height, width)
        : pictureField(files, c === 1 ? 1 : 3, h, w),
  }
}

async function readAll(files: TrackedFiles, names: readonly string[]): Promise<{ name: string; bytes: Uint8Array }[]> {
  const result: { name: string; bytes: Uint8Array }[] = []
  for (let at = 0; at < names.length; at += concurrency) {
    const part = names.slice(at, at + concurrency)
    result.push(...(await Promise.all(part.map(async (name) => ({ name, bytes: await files.read(name) })))))
  }
  return result
}

/** @throws FILE_*, DATA_INVALID */
export async function openImageFolder(files: TrackedFiles): Promise<Omit<RawData, 'hash'>> {
  const found = arrange((await files.list()).filter(isImageName))
  // The first training image says what images look like until a network does.
  const samples = [...found.filter(({ split }) => split === 'train'), ...found.filter(({ split }) => split !== 'train')]
  const classes = [...new Set(samples.map((sample) => sample.label))].sort()
  const read = await readAll(
    files,
    samples.map((sample) => sample.name),
  )
  const [first] = read as [{ name: string; bytes: Uint8Array }]
  const { channels, height, width } = readPicture(first.bytes, first.name)
  const table = (split: Split): RawTable | null => {
    const rows = samples.flatMap((sample, i) => (sample.split === split ? [i] : []))
    if (rows.length === 0) return null
    const labels = Int32Array.from(rows, (i) => classes.indexOf((samples[i] as Sample).label))
    const own = rows.map((i) => read[i] as { name: string; bytes: Uint8Array })
    return { count: rows.length, labels, fields: new Map([['', pictureField(own, channels, height, width)]]) }
  }
  const [train, validation, test] = [table('train'), table('validation'), table('test')]
  const any = (train ?? test ?? validation) as RawTable
  return { kind: 'image-folder', classes, mean: [], std: [], train: train ?? emptyTable(any.fields), validation, test }
}
