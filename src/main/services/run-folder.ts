/** The steps a command-line run has finished, kept under DIR/.espalier-run, so that the same command goes on from there. */
import { createHash } from 'node:crypto'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { CheckpointStore } from '../../engine/pipeline/types'
import { diskError, writeAtomically } from '../artifacts/atomic'

/** Everything that decides the outcome; where it differs, nothing of the earlier run can be used. */
export type Fingerprint = Readonly<Record<string, unknown>>

const folderName = '.espalier-run'
const fingerprintFile = 'fingerprint'

const digest = (fingerprint: Fingerprint): string =>
  createHash('sha256').update(JSON.stringify(fingerprint)).digest('hex')

async function readIfThere(path: string): Promise<Uint8Array | null> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw diskError(error, path)
  }
}

/** Atomic, with the folder made where it is not there. @throws DISK_FULL, FILE_UNREADABLE */
export const writeText = (path: string, content: string): Promise<void> =>
  writeAtomically(path, new TextEncoder().encode(content))

export class RunFolder implements CheckpointStore {
  /** Whether steps of an earlier run with the same fingerprint are there. */
  readonly resumed: boolean
  private readonly folder: string

  private constructor(folder: string, resumed: boolean) {
    this.folder = folder
    this.resumed = resumed
  }

  /** Opens the folder inside `out`, emptied first where it belongs to a run with another fingerprint. */
  static async open(out: string, fingerprint: Fingerprint): Promise<RunFolder> {
    const folder = join(out, folderName)
    const mark = join(folder, fingerprintFile)
    const wanted = digest(fingerprint)
    const earlier = await readIfThere(mark)
    const resumed = earlier !== null && new TextDecoder().decode(earlier) === wanted
    if (!resumed) {
      try {
        await rm(folder, { recursive: true, force: true })
        await mkdir(folder, { recursive: true })
      } catch (error) {
        throw diskError(error, folder)
      }
      await writeText(mark, wanted)
    }
    return new RunFolder(folder, resumed)
  }

  load(key: string): Promise<Uint8Array | null> {
    return readIfThere(join(this.folder, `${key}.bin`))
  }

  save(key: string, bytes: Uint8Array): Promise<void> {
    return writeAtomically(join(this.folder, `${key}.bin`), bytes)
  }

  /** The run is done: its steps are needed no more. */
  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true })
  }
}
