/** Stands in front of a child process: signals go through, its end is ours. */
import { constants } from 'node:os'
import { fail } from './root.mjs'

/**
 * @param {import('node:child_process').ChildProcess} child
 * @returns {Promise<number>} the exit status, 128 + n where signal n ended it
 */
export function follow(child) {
  // The terminal sends Ctrl+C to the whole group already: only stay alive until the child has ended.
  process.on('SIGINT', () => {})
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  return new Promise((resolve) => {
    child.once('error', (error) => fail(`${child.spawnfile} could not be started: ${error.message}.`))
    child.once('exit', (code, signal) => resolve(code ?? 128 + (constants.signals[signal] ?? 1)))
  })
}
