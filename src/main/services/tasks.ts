/** Says how far a long call is, under the name its caller gave it, and whether it was called off. */
import { EspalierError } from '../../contract/errors'
import type { Watch } from '../artifacts/index'
import type { JobOptions } from '../engine/index'
import type { ServiceContext } from './context'
import { fileBytes, folderBytes } from './disk'

export interface Task {
  readonly signal: AbortSignal | undefined
  /** `fraction` of this part of the work, 0..1. Told a percent at a time: an event a megabyte would be more events than progress. */
  tell(fraction: number): void
  /** A part of the work as a task of its own: what it tells becomes `from`..`to` of the whole. */
  part(from: number, to: number): Task
  /** For a job of the engine. */
  readonly job: JobOptions
  /** For the copying of these files, by their bytes. */
  copying(paths: readonly string[]): Promise<Watch>
  /** Between two steps. @throws CANCELLED */
  check(): void
}

/** How long a task may say nothing while its engine lives. */
const quietMs = 2000

export function createTask(
  { events }: Pick<ServiceContext, 'events'>,
  name: string | undefined,
  signal: AbortSignal | undefined,
): Task {
  let told = -1
  let heard = 0
  /** The same share again: whoever watches can tell work that is slow from work that hangs. */
  const alive = (): void => {
    if (name === undefined || told < 0 || Date.now() - heard < quietMs) return
    heard = Date.now()
    events.emit({ type: 'task-progress', task: name, fraction: told })
  }
  const emit = (fraction: number): void => {
    const bounded = Math.min(1, Math.max(0, fraction))
    if (name === undefined || bounded - told < 0.01) return
    told = bounded
    heard = Date.now()
    events.emit({ type: 'task-progress', task: name, fraction: bounded })
  }
  const between = (from: number, to: number): Task => {
    const tell = (fraction: number) => emit(from + (to - from) * fraction)
    return {
      signal,
      tell,
      part: (start, end) => between(from + (to - from) * start, from + (to - from) * end),
      job: { signal, onProgress: ({ fraction }) => tell(fraction), onAlive: alive },
      async copying(paths) {
        let total = 0
        for (const path of paths) total += (await folderBytes(path)) || (await fileBytes(path))
        let done = 0
        return {
          signal,
          onBytes(bytes) {
            done += bytes
            tell(done / Math.max(1, total))
          },
        }
      },
      check() {
        if (signal?.aborted) throw new EspalierError('CANCELLED', 'This was cancelled, and nothing of it was kept.')
      },
    }
  }
  emit(0)
  return between(0, 1)
}
