/** `npm run native:build -- [--wheel FILE] [--folder FOLDER]`: TensorFlow's CPU kernels for this machine. */
import { spawn } from 'node:child_process'
import { follow } from './lib/follow.mjs'
import { inRoot } from './lib/root.mjs'
import { setUp } from './lib/setup.mjs'

await setUp('node')
process.exit(
  await follow(
    spawn(process.execPath, [inRoot('out/main/native-build.js'), ...process.argv.slice(2)], {
      stdio: 'inherit',
      cwd: process.env.INIT_CWD ?? process.cwd(),
    }),
  ),
)
