/** Checks of backends in a process of their own, which may crash, and what is remembered of how they ended. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname } from 'node:path'
import { z } from 'zod'
import { builtEntry } from './built-entry'

const checkedSchema = z.object({
  key: z.string(),
  state: z.enum(['passed', 'failed', 'running']),
  reason: z.string(),
  /** Of the process that runs the check. */
  pid: z.int().optional(),
})
export type Checked = z.infer<typeof checkedSchema>

/** A check holds for what was checked, this processor and this runtime. */
export function machineKey(checked: string): string {
  const { electron, modules } = process.versions as { electron?: string; modules?: string }
  return createHash('sha256')
    .update(checked)
    .update([process.arch, cpus()[0]?.model, electron ?? '', modules].join('\0'))
    .digest('hex')
}

/** The outcome of the last check with this key, in a file. */
export class RememberedCheck {
  constructor(
    private readonly file: string,
    private readonly key: string,
  ) {}

  last(): Checked | null {
    try {
      const found = checkedSchema.safeParse(JSON.parse(readFileSync(this.file, 'utf8')))
      return found.success && found.data.key === this.key ? found.data : null
    } catch {
      return null
    }
  }

  note(state: Checked['state'], reason: string): void {
    try {
      mkdirSync(dirname(this.file), { recursive: true })
      writeFileSync(this.file, JSON.stringify({ key: this.key, state, reason, pid: process.pid } satisfies Checked))
    } catch {
      // A folder that cannot be written to is checked at every start.
    }
  }
}

const checkTimeMs = 120_000

export interface ChildCheck {
  /** Name of the bundle. */
  readonly entry: string
  readonly arguments: readonly string[]
  /** The backend in a sentence: "The native backend". */
  readonly subject: string
  /** What to do when it crashed, as a sentence. */
  readonly advice: string
}

/**
 * Runs a check in a process of its own and remembers how it ended. What says nothing of the backend (nothing is built, the
 * machine was too busy to answer in time) is not remembered, so that the next start checks again.
 * @returns null: passed; else a sentence.
 */
export function checkInChild(
  { entry, arguments: given, subject, advice }: ChildCheck,
  memory: RememberedCheck,
): string | null {
  const path = builtEntry(entry)
  if (!path) return `${subject} could not be checked, because Espalier is not built. Run \`npm run build\`.`
  const { status, signal, stdout, stderr, error } = spawnSync(process.execPath, [path, ...given], {
    encoding: 'utf8',
    timeout: checkTimeMs,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  if (error) {
    return `${subject} could not be checked: its test process gave no answer (${error.message}). The next start checks it again.`
  }
  if (status === 0) {
    memory.note('passed', '')
    return null
  }
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').at(-1) ?? ''
  const reason =
    status === 1
      ? said
      : `${subject} ended its test process (${signal ?? `code ${status}`}), so it is passed over. ${advice}`
  memory.note('failed', reason)
  return reason
}

/** A packaged desktop can start no second Node, so there a check runs in the process that asked for it. */
export const isPackagedDesktop = (): boolean =>
  'electron' in process.versions && process.env.ELECTRON_RUN_AS_NODE !== '1'

/** Whether the process that noted a check is still at it. */
export function isAlive(pid: number | undefined): boolean {
  if (pid === undefined) return false
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
