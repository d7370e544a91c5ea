/** What a person drops or chooses, as the services take it: a path, one file, or several that belong together. */

export interface NamedFile {
  /** Relative to what was dropped or chosen, with `/`. */
  readonly name: string
  readonly file: File
}

export type Source =
  | { readonly path: string }
  | { readonly file: Blob; readonly name: string }
  | { readonly files: { name: string; file: Blob }[]; readonly name: string }

const pathOf = (file: File): string => window.espalier?.pathForFile(file) ?? ''

async function below(entry: FileSystemEntry, prefix = ''): Promise<NamedFile[]> {
  const name = `${prefix}${entry.name}`
  if (entry.isFile) {
    const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject))
    return [{ name, file }]
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader()
  const found: NamedFile[] = []
  // A reader answers a hundred at a time, and nothing at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject))
    if (some.length === 0) return found
    for (const one of some) found.push(...(await below(one, `${name}/`)))
  }
}

/** The files of a drop, those of folders by their way in it. Where the shell knows paths, a folder is one entry. */
export async function droppedFiles(transfer: DataTransfer): Promise<NamedFile[]> {
  const files = [...transfer.files]
  // Before the first wait: a drop's items are gone afterwards.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.() ?? null)
  const [first] = files
  if (first && files.length === 1 && pathOf(first) !== '') return [{ name: first.name, file: first }]
  if (!entries.some((entry) => entry?.isDirectory)) return files.map((file) => ({ name: file.name, file }))
  return (await Promise.all(entries.map((entry) => (entry ? below(entry) : [])))).flat()
}

export const chosenFiles = (list: FileList | null): NamedFile[] =>
  [...(list ?? [])].map((file) => ({ name: file.webkitRelativePath || file.name, file }))

/** Best first. A TF.js network is its JSON file, an ONNX network may have its weights beside it. */
const networks = [/\.onnx$/i, /(^|\/)model\.json$/i, /\.keras$/i, /\.(h5|hdf5)$/i, /\.json$/i]

/** Without the folder that everything lies in. */
function relativeTo(files: readonly NamedFile[], folder: string): NamedFile[] {
  return files.flatMap(({ name, file }) => (name.startsWith(folder) ? [{ name: name.slice(folder.length), file }] : []))
}

const folderOf = (name: string): string => name.slice(0, name.lastIndexOf('/') + 1)

/** The network among the files first, what lies in its folder and below beside it. Null where nothing was given. */
export function modelSource(files: readonly NamedFile[]): Source | null {
  const main = networks.map((form) => files.find(({ name }) => form.test(name))).find(Boolean) ?? files[0]
  if (!main) return null
  const path = pathOf(main.file)
  if (path !== '') return { path }
  if (files.length === 1) return { file: main.file, name: main.file.name }
  const beside = relativeTo(files, folderOf(main.name))
  const name = main.name.slice(folderOf(main.name).length)
  return { name, files: [{ name, file: main.file }, ...beside.filter(({ file }) => file !== main.file)] }
}

/** One file as it is, several as a folder. */
export function dataSource(files: readonly NamedFile[]): Source | null {
  const [first] = files
  if (!first) return null
  const path = pathOf(first.file)
  if (path !== '' && files.length === 1) return { path }
  if (files.length === 1 && !first.name.includes('/')) return { file: first.file, name: first.file.name }
  if (path !== '') return { path: path.slice(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\'))) }
  const folder = first.name.slice(0, first.name.indexOf('/') + 1)
  const shared = folder !== '' && files.every(({ name }) => name.startsWith(folder)) ? folder : ''
  return { name: shared.slice(0, -1) || first.name, files: [...relativeTo(files, shared)] }
}

/** As a call takes it: the name stays here. */
export const asGiven = (
  source: Source,
): { path: string } | { file: Blob } | { files: { name: string; file: Blob }[] } =>
  'path' in source ? { path: source.path } : 'file' in source ? { file: source.file } : { files: source.files }

export const nameOf = (source: Source): string => ('path' in source ? source.path : source.name)

/** The most that one message of a browser may carry; the desktop window and a typed path know no such limit. */
export const mostSent = 900e6

export const sizeOf = (source: Source): number =>
  'path' in source
    ? 0
    : 'file' in source
      ? source.file.size
      : source.files.reduce((sum, { file }) => sum + file.size, 0)
