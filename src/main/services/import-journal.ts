/**
 * Imports that have not ended: noted in a folder of their own before the work begins, with the files that came through the
 * page, and removed when it has ended. What is still there after a kill, or after the engine died, can be begun again.
 */
import { randomUUID } from 'node:crypto'
import { mkdir, readdir, readFile, rm } from 'node:fs/promises'
import { uptime } from 'node:os'
import { join } from 'node:path'
import type { UnfinishedImport } from '../../contract/entities'
import { type ErrorCode, EspalierError } from '../../contract/errors'
import { writeAtomically } from '../artifacts/index'
import type { ServiceContext } from './context'
import { type GivenFile, type LocalFile, placeFiles, type Whole } from './uploads'

/** What was asked for, as it is noted. */
export interface ImportNote {
  readonly projectId: string
  readonly kind: UnfinishedImport['kind']
  readonly name?: string | undefined
  readonly mean?: number[] | undefined
  readonly std?: number[] | undefined
}

interface Entry extends ImportNote {
  readonly file: LocalFile
  readonly since: string
  readonly owner: { readonly pid: number; readonly boot: number }
}

/** After these the same import can succeed; after any other it would fail again. */
const worthAgain: ReadonlySet<ErrorCode> = new Set([
  'CANCELLED',
  'ENGINE_CRASHED',
  'ENGINE_UNRESPONSIVE',
  'OUT_OF_MEMORY',
  'DISK_FULL',
])
const noteName = 'import.json'
const validId = /^[\w-]{1,64}$/
/** When the machine was started, in seconds; a process number says nothing across a restart. */
const bootTime = () => Math.round(Date.now() / 1000 - uptime())
const bootSlack = 60

function isAlive({ pid, boot }: Entry['owner']): boolean {
  if (Math.abs(boot - bootTime()) > bootSlack) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

export function importJournal({ layout, events }: Pick<ServiceContext, 'layout' | 'events'>) {
  const folder = join(layout.home, 'imports')
  /** Of this process, whose number says nothing about one of them. */
  const active = new Set<string>()
  const placeOf = (id: string) => join(folder, id)
  const changed = (projectId: string) => events.emit({ type: 'project-changed', projectId })

  const read = async (id: string): Promise<Entry | null> => {
    try {
      return JSON.parse(await readFile(join(placeOf(id), noteName), 'utf8')) as Entry
    } catch {
      return null
    }
  }
  const remove = (id: string) => rm(placeOf(id), { recursive: true, force: true })
  const write = (id: string, entry: Entry) =>
    writeAtomically(join(placeOf(id), noteName), new TextEncoder().encode(JSON.stringify(entry)))

  const work = async <T>(id: string, entry: Entry, run: (entry: Entry) => Promise<T>): Promise<T> => {
    active.add(id)
    let keep = false
    try {
      return await run(entry)
    } catch (error) {
      keep = error instanceof EspalierError && worthAgain.has(error.code)
      throw error
    } finally {
      // Worked on until it is gone: a list asked for meanwhile would show what has ended as cut off.
      if (!keep) await remove(id)
      active.delete(id)
      if (keep) changed(entry.projectId)
    }
  }

  return {
    /** Does `run` with what is given, noted until it has ended. `id`: the caller's name of the call, where it has one. */
    async during<T>(
      id: string | undefined,
      note: ImportNote,
      given: GivenFile,
      whole: Whole,
      run: (file: LocalFile) => Promise<T>,
    ): Promise<T> {
      const own = id !== undefined && validId.test(id) ? id : randomUUID()
      // Before there is anything to see: a list asked for meanwhile takes a folder without a note for what a kill left.
      active.add(own)
      try {
        await mkdir(placeOf(own), { recursive: true })
        const file = await placeFiles(given, join(placeOf(own), 'files'), whole)
        const owner = { pid: process.pid, boot: bootTime() }
        const { projectId, kind, name, mean, std } = note
        const entry: Entry = { projectId, kind, name, mean, std, file, since: new Date().toISOString(), owner }
        await write(own, entry)
        return await work(own, entry, () => run(file))
      } catch (error) {
        // Where it could not even be noted, nothing of it stays.
        if ((await read(own)) === null) await remove(own)
        throw error
      } finally {
        active.delete(own)
      }
    },
    /** @throws NOT_FOUND; CONFLICT where it is being worked on */
    async again<T>(id: string, run: (entry: Entry) => Promise<T>): Promise<T> {
      const entry = validId.test(id) ? await read(id) : null
      if (!entry) {
        throw new EspalierError(
          'NOT_FOUND',
          'This import has ended or was discarded meanwhile. Import the files again.',
        )
      }
      if (active.has(id) || (entry.owner.pid !== process.pid && isAlive(entry.owner))) {
        throw new EspalierError('CONFLICT', 'This import is being worked on already. Wait until it has ended.')
      }
      const mine = { ...entry, owner: { pid: process.pid, boot: bootTime() } }
      await write(id, mine)
      return work(id, mine, run)
    },
    async list(projectId: string): Promise<UnfinishedImport[]> {
      await mkdir(folder, { recursive: true })
      const found: UnfinishedImport[] = []
      for (const id of await readdir(folder)) {
        if (active.has(id)) continue
        const entry = await read(id)
        // Files of which nothing was noted: the kill came while they were written.
        if (!entry) await remove(id)
        else if (entry.projectId === projectId && (entry.owner.pid === process.pid || !isAlive(entry.owner))) {
          found.push({ id, kind: entry.kind, name: entry.name ?? entry.file.name, since: entry.since })
        }
      }
      return found.sort((a, b) => a.since.localeCompare(b.since))
    },
    async discard(id: string): Promise<void> {
      if (!validId.test(id) || active.has(id)) return
      const entry = await read(id)
      await remove(id)
      if (entry) changed(entry.projectId)
    },
  }
}
export type ImportJournal = ReturnType<typeof importJournal>
