/** A run's finished steps as files: written atomically, with a checksum, so that a torn one is never taken for good. */
import { createHash } from 'node:crypto'
import { readFile, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { EspalierError } from '../../contract/errors'
import { type Sentence, say } from '../../contract/sentences'
import type { CheckpointStore } from '../../engine/pipeline/types'
import { diskError, writeAtomically } from '../artifacts/atomic'

const digestBytes = 32
const digest = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()

/** `onDamaged` is told when a file had to be put aside and its step is done again. */
export function checkpointFolder(folder: string, onDamaged: (said: Sentence) => void): CheckpointStore {
  const pathOf = (key: string): string => {
    if (!/^[\w.-]{1,100}$/.test(key) || key.startsWith('.')) {
      throw new EspalierError('INTERNAL', `"${key}" cannot be the name of a kept step.`)
    }
    return join(folder, `${key}.step`)
  }
  return {
    async load(key) {
      const path = pathOf(key)
      let bytes: Buffer
      try {
        bytes = await readFile(path)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
        throw diskError(error, path)
      }
      const content = bytes.subarray(digestBytes)
      if (bytes.length < digestBytes || !digest(content).equals(bytes.subarray(0, digestBytes))) {
        await rm(path)
        onDamaged(say('run.step-damaged', { step: key }))
        return null
      }
      // A copy of its own, so that typed arrays may be laid over it at any alignment.
      return Uint8Array.from(content)
    },
    async save(key, bytes) {
      try {
        await writeAtomically(pathOf(key), Buffer.concat([digest(bytes), bytes]))
      } catch (error) {
        if (!(error instanceof EspalierError && error.code === 'FILE_UNREADABLE')) throw error
        throw new EspalierError('STORE_READ_ONLY', say('error.store-read-only'), error)
      }
    },
  }
}
