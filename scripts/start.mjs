/** `npm start`: the desktop window where it can open, else the same workbench from the loopback server. */
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { desktop, hasDisplay } from './lib/desktop.mjs'
import { follow } from './lib/follow.mjs'
import { fail, inRoot, root, say } from './lib/root.mjs'
import { setUp } from './lib/setup.mjs'

const usage = 'Usage: npm start -- [--desktop | --server] [--port N] [--no-open]'

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        desktop: { type: 'boolean' },
        server: { type: 'boolean' },
        port: { type: 'string' },
        'no-open': { type: 'boolean' },
      },
    })
    return values
  } catch (error) {
    return fail(`${error.message}\n${usage}`)
  }
}

/** The person's own browser, by the platform's own opener; without one the printed address is enough. */
function openBrowser(address) {
  const [command, ...args] = {
    darwin: ['open', address],
    win32: ['cmd', '/c', 'start', '""', address],
  }[process.platform] ?? ['xdg-open', address]
  const opener = spawn(command, args, { stdio: 'ignore', detached: true })
  opener.on('error', () => say('No browser could be opened; open the address above in one.'))
  opener.unref()
}

async function serve(options) {
  const child = spawn(
    process.execPath,
    [inRoot('out/main/server.js'), ...(options.port ? ['--port', options.port] : [])],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  )
  createInterface({ input: child.stdout }).on('line', (line) => {
    process.stdout.write(`${line}\n`)
    if (line.startsWith('http://') && !options['no-open'] && hasDisplay()) openBrowser(line)
  })
  return follow(child)
}

const options = readOptions()
await setUp('node', 'page')
const { binary, reason } = options.server ? {} : desktop(options.desktop ?? false)
if (binary) {
  const env = { ...process.env }
  // Set by editors that are Electron applications themselves; it would make ours a plain Node.
  delete env.ELECTRON_RUN_AS_NODE
  process.exit(await follow(spawn(binary, [root], { stdio: 'inherit', env })))
}
if (reason) say(`No desktop window, because ${reason}; the same workbench is served for a browser instead.`)
process.exit(await serve(options))
