/** The entry of the loopback shell: prints the address once and serves until it is asked to stop. */
import { parseArgs } from 'node:util'
import { toErrorReport } from '../../contract/errors'
import { guardNetwork } from '../engine/index'
import { startServer } from './index'

guardNetwork()

const portOf = (text: string | undefined): number => {
  const port = Number(text ?? 0)
  if (Number.isInteger(port) && port >= 0 && port < 65_536) return port
  process.stderr.write(`"${text}" is not a port. Give a whole number from 0 to 65535 with --port.\n`)
  process.exit(2)
}

const { values } = parseArgs({ options: { port: { type: 'string' }, home: { type: 'string' } } })

try {
  const server = await startServer({
    port: portOf(values.port),
    ...(values.home ? { home: values.home } : {}),
    onWarning: (sentence) => process.stderr.write(`${sentence}\n`),
  })
  process.stdout.write(`${server.url}\n`)
  const stop = (): void => {
    void server.close().then(() => process.exit(0))
  }
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
} catch (error) {
  process.stderr.write(`${toErrorReport(error).message}\n`)
  process.exit(1)
}
