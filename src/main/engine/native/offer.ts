/** Whether the native backend may be used: built, and checked on this machine in a process of its own. */
import { readFileSync } from 'node:fs'
import { inEnglish, type Sentence, say } from '../../../contract/sentences'
import type { NativeOffer } from '../../../engine/runtime'
import { checkInChild, isPackagedDesktop, machineKey, RememberedCheck } from '../trusted-check'
import { nativeLoader } from './load'
import { findNative, nativeLayout } from './place'
import { isSupported } from './recipe'

const again = 'Run `npm run native:build` to build and check it again.'

function checkOf(folder: string): RememberedCheck {
  const { manifest, checked } = nativeLayout(folder)
  return new RememberedCheck(checked, machineKey(readFileSync(manifest, 'utf8')))
}

/** Runs the known program in a process of its own, which may crash. Null: passed; else a sentence. */
export function checkNative(folder: string): string | null {
  return checkInChild(
    { entry: 'native-check', arguments: [folder], subject: 'The native backend', advice: again },
    checkOf(folder),
  )
}

export interface OfferOptions {
  /** This process may crash: it does nothing but look at what the machine offers. */
  readonly mayCrash?: boolean
}

/** Null: it may be used. What its own process said is in English only. */
function trusted(folder: string, mayCrash: boolean): string | Sentence | null {
  const check = checkOf(folder)
  const last = check.last()
  if (last?.state === 'passed') return null
  if (last?.state === 'failed') return last.reason
  if (last?.state === 'running') return say('backend.native-crashed')
  if (!isPackagedDesktop()) return checkNative(folder)
  if (!mayCrash) return say('backend.native-unchecked')
  check.note('running', '')
  return null
}

const refused = (said: Sentence): NativeOffer => ({ available: false, reason: inEnglish(said), said })

/** Call {@link confirmNative} after a start with `mayCrash`. */
export function nativeOffer({ mayCrash = false }: OfferOptions = {}): NativeOffer {
  if (process.env.ESPALIER_NATIVE === 'off') return refused(say('backend.native-off'))
  const folder = findNative()
  if (!folder) {
    return refused(
      isSupported()
        ? say('backend.native-missing')
        : say('backend.native-unsupported', { platform: `${process.platform} ${process.arch}` }),
    )
  }
  const reason = trusted(folder, mayCrash)
  if (reason === null) return { available: true, load: nativeLoader(folder) }
  return typeof reason === 'string' ? { available: false, reason } : refused(reason)
}

/** Remembers how a check inside this very process ended. */
export function confirmNative(passed: boolean, reason: string): void {
  const folder = findNative()
  if (!folder) return
  const check = checkOf(folder)
  if (check.last()?.state === 'running') check.note(passed ? 'passed' : 'failed', reason)
}
