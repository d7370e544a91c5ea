/**
 * Finds the transport and keeps it up: a MessagePort from the Electron preload, or a WebSocket to the loopback server.
 * Nothing here depends on the page's origin beyond the host it was loaded from.
 */
import type { ClientLink } from '@orpc/client'
import { RPCLink as PortLink } from '@orpc/client/message-port'
import { RPCLink as SocketLink } from '@orpc/client/websocket'
import { readonly, ref } from 'vue'
import type { EspalierShell } from '../../contract'

type Link = ClientLink<Record<never, never>>

export interface Connection {
  /** Resolves once there is an open transport. */
  link(): Promise<Link>
}

export type ConnectionState = 'connecting' | 'open' | 'lost'

const state = ref<ConnectionState>('connecting')
/** What the banner shows. */
export const connectionState = readonly(state)

const retryMs = [250, 500, 1000, 2000, 4000]

/** A link that is replaced whenever its transport closes; waiting callers get the next one. */
class RenewedLink implements Connection {
  private waiting: ((link: Link) => void)[] = []
  private current: Link | undefined

  link(): Promise<Link> {
    const { current } = this
    if (current) return Promise.resolve(current)
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  opened(link: Link): void {
    this.current = link
    state.value = 'open'
    for (const resolve of this.waiting.splice(0)) resolve(link)
  }

  closed(): void {
    this.current = undefined
    state.value = 'lost'
  }
}

/** The server took the token out of the address and answered with a cookie before this page was loaded. */
function openSocket(): Connection {
  const renewed = new RenewedLink()
  let failures = 0
  const connect = () => {
    const url = new URL('rpc', window.location.href.replace(/[?#].*$/, ''))
    url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:'
    const socket = new WebSocket(url)
    socket.addEventListener('open', () => {
      failures = 0
      renewed.opened(new SocketLink({ websocket: socket }))
    })
    socket.addEventListener('close', () => {
      renewed.closed()
      const wait = retryMs[Math.min(failures, retryMs.length - 1)]
      failures += 1
      setTimeout(connect, wait)
    })
  }
  connect()
  return renewed
}

function openPort(shell: EspalierShell): Connection {
  const renewed = new RenewedLink()
  window.addEventListener('message', (event) => {
    const [port] = event.ports
    if (event.data !== 'espalier-port' || event.source !== window || !port) return
    port.addEventListener('close', () => {
      renewed.closed()
      setTimeout(() => shell.requestPort(), retryMs[0])
    })
    port.start()
    renewed.opened(new PortLink({ port }))
  })
  shell.requestPort()
  return renewed
}

export function openConnection(): Connection {
  return window.espalier ? openPort(window.espalier) : openSocket()
}

/** For the preview and tests, whose client needs no transport. */
export function declareOpen(): void {
  state.value = 'open'
}
