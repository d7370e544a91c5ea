/** `npm run -s espalier -- ...`: the command line from a checkout. Its stdout is the command's alone. */
import { spawn } from 'node:child_process'
import { follow } from './lib/follow.mjs'
import { inRoot } from './lib/root.mjs'
import { setUp } from './lib/setup.mjs'

const args = process.argv.slice(2)
// `serve` also hands out the page.
await setUp(...(args[0] === 'serve' ? ['node', 'page'] : ['node']))
process.exit(
  await follow(
    spawn(process.execPath, [inRoot('out/main/cli.js'), ...args], {
      stdio: 'inherit',
      cwd: process.env.INIT_CWD ?? process.cwd(),
    }),
  ),
)
