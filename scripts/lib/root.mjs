/** Where things are, for scripts that must run on the old Node before anything is installed. */
import { resolve } from 'node:path'

export const root = resolve(import.meta.dirname ?? new URL('.', import.meta.url).pathname, '../..')
export const inRoot = (...parts) => resolve(root, ...parts)

/** Everything a set-up step says goes to stderr: stdout belongs to the command that was asked for. */
export const say = (sentence) => process.stderr.write(`${sentence}\n`)

/** Ends the process with one sentence: what, why, what to do. */
export const fail = (sentence) => {
  say(sentence)
  process.exit(1)
}
