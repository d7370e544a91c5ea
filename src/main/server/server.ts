/** The loopback shell: the workbench's page over HTTP, its API over a WebSocket, on this machine only. */
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { RPCHandler } from '@orpc/server/ws'
import { type WebSocket, WebSocketServer } from 'ws'
import { EspalierError } from '../../contract/errors'
import { createRouter, handlerOptions } from '../api/index'
import { dataFolder } from '../artifacts/index'
import { type EngineLauncher, forkLauncher } from '../engine/index'
import { createServices, type Services } from '../services/index'
import { type Access, mayConnect, newToken } from './access'
import { servePage } from './pages'
import { places } from './places'

/** Where the API's WebSocket is. */
export const rpcPath = '/rpc'
/** A model or a data file comes as one message. */
const largestMessage = 1024 ** 3

export interface ServerOptions {
  /** 0 or absent: any free port. */
  readonly port?: number
  /** Absent: ESPALIER_HOME or the platform's data folder. */
  readonly home?: string
  /** Folder of the built page, resources and engine, where they are not beside the bundle. */
  readonly page?: string
  readonly resources?: string
  readonly engineLauncher?: EngineLauncher
  readonly onWarning?: (sentence: string) => void
}

export interface RunningServer {
  /** With the token; whoever has it has the workbench. */
  readonly url: string
  readonly token: string
  readonly port: number
  readonly services: Services
  close(): Promise<void>
}

const listen = (server: Server, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        error.code === 'EADDRINUSE' || error.code === 'EACCES'
          ? new EspalierError(
              'CONFLICT',
              `Port ${port} cannot be used on this machine. Choose another one, or none for any free port.`,
              error,
            )
          : error,
      )
    })
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port))
  })

const refuse = (socket: Duplex): void => {
  socket.end('HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
}

/** Opens the data folder and serves it. @throws what `createServices` throws; CONFLICT where the port is taken */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const services = createServices({
    home: options.home ?? dataFolder(),
    engineLauncher: options.engineLauncher ?? forkLauncher({ entry: places.engine }),
    resources: options.resources ?? places.resources,
    shell: { kind: 'server' },
    ...(options.onWarning ? { onWarning: options.onWarning } : {}),
  })
  const handler = new RPCHandler(createRouter(services), handlerOptions)
  const sockets = new WebSocketServer({ noServer: true, maxPayload: largestMessage })
  const token = newToken()
  let access: Access = { token, port: 0 }
  const server = createServer((request, response) => {
    void servePage(request, response, { folder: options.page ?? places.page, access })
  })
  server.on('upgrade', (request, socket, head) => {
    socket.on('error', () => socket.destroy())
    if (URL.parse(request.url ?? '', 'http://127.0.0.1')?.pathname !== rpcPath || !mayConnect(request, access)) {
      refuse(socket)
      return
    }
    sockets.handleUpgrade(request, socket, head, (connection: WebSocket) => {
      connection.on('error', () => connection.terminate())
      void handler.upgrade(connection)
    })
  })
  try {
    access = { token, port: await listen(server, options.port ?? 0) }
  } catch (error) {
    await services.close()
    throw error
  }
  services.start()
  let closing: Promise<void> | undefined
  const close = async (): Promise<void> => {
    for (const connection of sockets.clients) connection.close(1001, 'The workbench was closed.')
    const closed = new Promise<void>((resolve) => server.close(() => resolve()))
    await services.close()
    for (const connection of sockets.clients) connection.terminate()
    server.closeAllConnections()
    await closed
  }
  return {
    url: `http://127.0.0.1:${access.port}/?token=${token}`,
    token,
    port: access.port,
    services,
    close: () => {
      closing ??= close()
      return closing
    },
  }
}
