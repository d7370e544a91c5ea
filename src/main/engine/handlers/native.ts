/** Builds the native backend, and says what a build would need. */
import { spawn } from 'node:child_process'
import { buildNative as build } from '../native/build'
import { findNative, nativeTarget } from '../native/place'
import { isSupported } from '../native/recipe'
import type { JobHandlers } from '../serve'

const tools = ['python3', 'g++', 'npm', 'tar'] as const

/** Whether a command can be started at all. */
const isHere = (command: string): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(command, ['--version'], { stdio: 'ignore' })
    child.once('error', () => resolve(false))
    child.once('close', () => resolve(true))
  })

export const nativeFacts: JobHandlers['nativeFacts'] = async () => {
  const off = process.env.ESPALIER_NATIVE === 'off'
  const supported = isSupported()
  const found = supported ? await Promise.all(tools.map(isHere)) : tools.map(() => true)
  return { supported, off, built: findNative() !== null, missing: tools.filter((_tool, at) => !found[at]) }
}

export const buildNative: JobHandlers['buildNative'] = async (_input, { signal, progress }) => {
  await build({
    folder: nativeTarget(),
    signal,
    progress: (fraction, sentence) => progress({ stage: 'read', fraction, detail: sentence }),
  })
  return {}
}
