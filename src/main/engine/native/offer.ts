/** Whether the native backend may be used: built, and checked on this machine in a process of its own. */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import type { NativeOffer } from '../../../engine/runtime'
import { nativeLoader } from './load'
import { findNative, nativeLayout } from './place'
import { isSupported } from './recipe'

const checkedSchema = z.object({ key: z.string(), state: z.enum(['passed', 'failed', 'running']), reason: z.string() })
type Checked = z.infer<typeof checkedSchema>

const again = 'Run `npm run native:build` to build and check it again.'

/** A check holds for this build, this processor and this runtime. */
function keyOf(folder: string): string {
  const { electron, modules } = process.versions as { electron?: string; modules?: string }
  return createHash('sha256')
    .update(readFileSync(nativeLayout(folder).manifest))
    .update([process.arch, cpus()[0]?.model, electron ?? '', modules].join('\0'))
    .digest('hex')
}

function lastCheck(folder: string): Checked | null {
  try {
    const found = checkedSchema.safeParse(JSON.parse(readFileSync(nativeLayout(folder).checked, 'utf8')))
    return found.success && found.data.key === keyOf(folder) ? found.data : null
  } catch {
    return null
  }
}

function note(folder: string, state: Checked['state'], reason: string): void {
  try {
    writeFileSync(nativeLayout(folder).checked, JSON.stringify({ key: keyOf(folder), state, reason } satisfies Checked))
  } catch {
    // A folder that cannot be written to is checked at every start.
  }
}

/** The check's entry: beside the bundles. Null where nothing is built. */
function checkEntry(): string | null {
  const here = dirname(fileURLToPath(import.meta.url))
  const places = [here, join(here, '..'), join(here, '../../../../out/main')]
  return places.map((folder) => join(folder, 'native-check.js')).find((path) => existsSync(path)) ?? null
}

const checkTimeMs = 120_000

/** Runs the known program in a process of its own, which may crash. Null: passed; else a sentence. */
export function checkNative(folder: string): string | null {
  const entry = checkEntry()
  if (!entry) return 'The native backend could not be checked, because Espalier is not built. Run `npm run build`.'
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [entry, folder], {
    encoding: 'utf8',
    timeout: checkTimeMs,
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
  })
  const said = `${stdout ?? ''}${stderr ?? ''}`.trim().split('\n').at(-1) ?? ''
  const reason =
    status === 0
      ? null
      : status === 1
        ? said
        : `The native backend ended its test process (${signal ?? `code ${status}`}), so it is passed over. ${again}`
  note(folder, reason === null ? 'passed' : 'failed', reason ?? '')
  return reason
}

/** A packaged desktop can start no second Node, so there the check runs in the process that asked for it. */
const isPackagedDesktop = (): boolean => 'electron' in process.versions && process.env.ELECTRON_RUN_AS_NODE !== '1'

export interface OfferOptions {
  /** This process may crash: it does nothing but look at what the machine offers. */
  readonly mayCrash?: boolean
}

function trusted(folder: string, mayCrash: boolean): string | null {
  const last = lastCheck(folder)
  if (last?.state === 'passed') return null
  if (last?.state === 'failed') return last.reason
  if (last?.state === 'running') return `The native backend ended the process that checked it. ${again}`
  if (!isPackagedDesktop()) return checkNative(folder)
  if (!mayCrash) return 'The native backend was not checked yet; open Settings, which checks it.'
  note(folder, 'running', '')
  return null
}

/** Call {@link confirmNative} after a start with `mayCrash`. */
export function nativeOffer({ mayCrash = false }: OfferOptions = {}): NativeOffer {
  if (process.env.ESPALIER_NATIVE === 'off') {
    return { available: false, reason: 'The native CPU backend is switched off (ESPALIER_NATIVE=off).' }
  }
  const folder = findNative()
  if (!folder) {
    return {
      available: false,
      reason: isSupported()
        ? 'The native CPU backend is not built on this machine. `npm run native:build` builds it (Python 3 and g++ needed).'
        : `The native CPU backend can be built on Linux with an x64 processor only, and this is ${process.platform} ${process.arch}.`,
    }
  }
  const reason = trusted(folder, mayCrash)
  return reason === null ? { available: true, load: nativeLoader(folder) } : { available: false, reason }
}

/** Remembers how a check inside this very process ended. */
export function confirmNative(passed: boolean, reason: string): void {
  const folder = findNative()
  if (folder && lastCheck(folder)?.state === 'running') note(folder, passed ? 'passed' : 'failed', reason)
}
