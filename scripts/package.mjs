/** `npm run package -- [electron-builder's options]`: builds what is stale and packs the desktop application. */
import { spawn } from 'node:child_process'
import { follow } from './lib/follow.mjs'
import { inRoot, root } from './lib/root.mjs'
import { setUp } from './lib/setup.mjs'

await setUp('node', 'page')
const builder = inRoot('node_modules/electron-builder/cli.js')
process.exit(
  await follow(
    spawn(process.execPath, [builder, '--publish', 'never', ...process.argv.slice(2)], { stdio: 'inherit', cwd: root }),
  ),
)
