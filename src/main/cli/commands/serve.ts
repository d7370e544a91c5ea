/** `espalier serve`: the headless workbench, on this machine only. */
import type { Command } from 'commander'
import { startServer } from '../../server'
import { wholeFrom } from '../arguments'
import type { CommonOptions, Shell } from '../shell'

interface ServeOptions extends CommonOptions {
  readonly port: number
}

export function registerServe(command: Command, shell: Shell): void {
  command.option('--port <N>', 'port on 127.0.0.1; 0: any free one', wholeFrom(0), 0)
  shell.handle<ServeOptions>(command, async ({ terminal, signal }, { port }) => {
    const server = await startServer({ port, onWarning: (sentence) => terminal.warn(sentence) })
    terminal.result({ url: server.url, port: server.port }, server.url)
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
    await server.close()
  })
}
