/** Whether ONNX Runtime may compute for the engine: there for this platform, and right in a process of its own. */
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { inEnglish, type Sentence, say } from '../../../contract/sentences'
import type { OnnxRuntimeOffer } from '../../../engine/runtime'
import { dataFolder } from '../../artifacts/home'
import { checkInChild, isAlive, isPackagedDesktop, machineKey, RememberedCheck } from '../trusted-check'
import { loadOnnxRuntime } from './load'

const again = 'Installing Espalier anew has it checked again.'

/** The version that is there, or null. */
function installedVersion(): string | null {
  try {
    const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json') as { version: string }
    return version
  } catch {
    return null
  }
}

const checkOf = (version: string) =>
  new RememberedCheck(join(dataFolder(), 'checks', 'onnxruntime.json'), machineKey(`onnxruntime ${version}`))

/** Null: it may be used. What its own process said is in English only. */
function trusted(check: RememberedCheck): string | Sentence | null {
  const last = check.last()
  if (last?.state === 'passed') return null
  if (last?.state === 'failed') return last.reason
  if (last?.state === 'running' && !isAlive(last.pid)) {
    return say('backend.onnxruntime-crashed')
  }
  if (isPackagedDesktop()) {
    // The known program runs in this process before anything else does; see confirmOnnxRuntime.
    check.note('running', '')
    return null
  }
  return checkInChild({ entry: 'onnxruntime-check', arguments: [], subject: 'ONNX Runtime', advice: again }, check)
}

const refused = (said: Sentence): Extract<OnnxRuntimeOffer, { available: false }> => ({
  available: false,
  reason: inEnglish(said),
  said,
})

/** Call {@link confirmOnnxRuntime} after the start. */
export function onnxRuntimeOffer(): OnnxRuntimeOffer {
  if (process.env.ESPALIER_ONNXRUNTIME === 'off') {
    return { ...refused(say('backend.onnxruntime-off')), wished: true }
  }
  const version = installedVersion()
  if (!version) return refused(say('backend.onnxruntime-missing'))
  const reason = trusted(checkOf(version))
  if (reason === null) return { available: true, load: () => loadOnnxRuntime() }
  return typeof reason === 'string' ? { available: false, reason } : refused(reason)
}

/** Remembers how a check inside this very process ended. */
export function confirmOnnxRuntime(passed: boolean, reason: string): void {
  const version = installedVersion()
  if (!version) return
  const check = checkOf(version)
  if (check.last()?.state === 'running') check.note(passed ? 'passed' : 'failed', reason)
}
