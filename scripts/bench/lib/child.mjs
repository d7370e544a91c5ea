/** Measurements in processes of their own: memory and caches of one never help or hurt another. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { root } from '../../lib/root.mjs'

const run = promisify(execFile)

/** Runs a program to its end. @returns what it printed */
export async function ran(command, args, { env = {}, seconds = 600 } = {}) {
  const { stdout } = await run(command, args, {
    cwd: root,
    maxBuffer: 1 << 28,
    timeout: seconds * 1000,
    env: { ...process.env, ...env },
  })
  return stdout
}

/** The same for a program whose last line is JSON, which it answers. */
export const measured = async (command, args, options) =>
  JSON.parse((await ran(command, args, options)).trim().split('\n').at(-1))

export const node = (script, args, options) => measured(process.execPath, ['--expose-gc', script, ...args], options)

export const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]
