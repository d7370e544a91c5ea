/** The command line from source, so that no build is needed to measure. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)
export const root = join(import.meta.dirname, '..', '..')

/** Runs `espalier ...command ...options --json` and reads what it prints. */
export async function espalier(command, options) {
  const main = join(root, 'src', 'main', 'cli', 'main.ts')
  const quiet = command[0] === 'strategies' ? ['--json'] : ['--json', '--quiet']
  const { stdout } = await run(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), main, ...command, ...options, ...quiet],
    { maxBuffer: 2 ** 28 },
  )
  return JSON.parse(stdout)
}
