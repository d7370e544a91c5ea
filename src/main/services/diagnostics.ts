/** A bundle for whoever helps: versions, backends, counts, codes. No names, no paths, no data, no models. */
import { homedir, hostname, userInfo } from 'node:os'
import { strToU8, zip } from 'fflate'
import type { Doctor, Settings, Storage } from '../../contract/entities'
import type { StoreFacts } from '../store/storage'

export interface DiagnosticsInput {
  readonly doctor: Doctor
  readonly storage: Storage
  readonly facts: StoreFacts
  readonly settings: Settings
  readonly engine: string
}

const readMe = `Espalier diagnostics

What is in here:
  machine.json   versions, platform, processor, memory, backends with their measured speed, network guard
  store.json     version and soundness of the database, numbers of rows, runs by state and by strategy, bytes
  failures.json  codes and technical causes of runs that failed

What is not in here: names of projects, models, data sets, runs, layers, tags and notes; paths; user and machine
names; data, models and results. Paths and quoted names in technical causes are replaced by marks.
Look before you send it: these are plain text files.
`

/** Whatever in a technical text could name something of the person's. */
export function scrubbed(text: string): string {
  return text
    .replaceAll(/(["'`“”‘’«»])(?:(?!\1).)*?["'`“”‘’«»]/g, '<name>')
    .replaceAll(/[a-z]:\\[^\s]*/gi, '<path>')
    .replaceAll(/(?:file:\/\/)?(?:~|\.{1,2})?\/[^\s,;:)]+/g, '<path>')
    .replaceAll(/[^\s/\\]+\.(?:onnx|json|h5|keras|npz|npy|csv|jsonl|zip|png|jpe?g|bin|idx\d?|gz)\b/gi, '<file>')
}

/** Also what the system calls the person and the machine, wherever it stands as a word. */
function withoutIdentity(text: string): string {
  const own = [homedir(), userInfo().username, hostname()].filter((word) => word.length > 2 && word !== 'root')
  return own.reduce((clean, word) => clean.replaceAll(word, '<removed>'), text)
}

const asFile = (value: unknown): Uint8Array => strToU8(withoutIdentity(`${JSON.stringify(value, null, 2)}\n`))

export async function diagnosticsBundle({
  doctor,
  storage,
  facts,
  settings,
  engine,
}: DiagnosticsInput): Promise<Uint8Array> {
  const { dataFolder: _folder, backends, ...machine } = doctor
  const { failures, ...store } = facts
  const { projects, dataFolder: _place, ...bytes } = storage
  const files = {
    'README.txt': strToU8(readMe),
    'machine.json': asFile({
      ...machine,
      backends: backends.map((backend) => ({ ...backend, reason: scrubbed(backend.reason) })),
      engine,
      language: settings.language,
      theme: settings.theme,
      backend: settings.backend,
    }),
    'store.json': asFile({
      ...store,
      bytes,
      projects: projects.map(({ models, data, runs, deleted }) => ({ models, data, runs, deleted })),
    }),
    'failures.json': asFile(
      failures.map(({ code, cause, at }) => ({ code, cause: cause === null ? null : scrubbed(cause), at })),
    ),
  }
  return new Promise((resolve, reject) => {
    zip(files, (error, bundle) => (error ? reject(error) : resolve(bundle)))
  })
}
