/** The steps a command-line run has finished, kept under DIR/.espalier-run, so that the same command goes on from there. */
import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inEnglish } from '../../contract/sentences'
import type { CheckpointStore } from '../../engine/pipeline/types'
import { diskError, writeAtomically } from '../artifacts/atomic'
import { makeFolder } from '../artifacts/make-folder'
import { checkpointFolder } from '../engine/checkpoints'

/** Everything that decides the outcome; where it differs, nothing of the earlier run can be used. */
export type Fingerprint = Readonly<Record<string, unknown>>

const folderName = '.espalier-run'
const fingerprintFile = 'fingerprint'

const digest = (fingerprint: Fingerprint): string =>
  createHash('sha256').update(JSON.stringify(fingerprint)).digest('hex')

async function textIfThere(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw diskError(error, path)
  }
}

/** Atomic, with the folder made where it is not there. @throws DISK_FULL, FILE_UNREADABLE */
export const writeText = (path: string, content: string): Promise<void> =>
  writeAtomically(path, new TextEncoder().encode(content))

export interface RunFolder extends CheckpointStore {
  /** Whether steps of an earlier run with the same fingerprint are there. */
  readonly resumed: boolean
  /** The run is done: its steps are needed no more. */
  remove(): Promise<void>
}

/**
 * Opens the folder inside `out`, emptied first where it belongs to a run with another fingerprint.
 * @param onDamaged is told, in a sentence, when a kept step is damaged and will be done again
 * @throws DISK_FULL, FILE_UNREADABLE, FILE_NOT_FOUND
 */
export async function openRunFolder(
  out: string,
  fingerprint: Fingerprint,
  onDamaged: (sentence: string) => void,
): Promise<RunFolder> {
  const folder = join(out, folderName)
  const mark = join(folder, fingerprintFile)
  const wanted = digest(fingerprint)
  const resumed = (await textIfThere(mark)) === wanted
  if (!resumed) {
    try {
      await rm(folder, { recursive: true, force: true })
      await makeFolder(folder)
    } catch (error) {
      throw diskError(error, folder)
    }
    await writeText(mark, wanted)
  }
  return {
    ...checkpointFolder(folder, (said) => onDamaged(inEnglish(said))),
    resumed,
    remove: () => rm(folder, { recursive: true, force: true }),
  }
}
