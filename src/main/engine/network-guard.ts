/**
 * Keeps a process of the workbench on this machine: every connection, look-up and datagram that would leave it is refused
 * before a packet is sent, and counted, so that the settings can show it.
 */
import dgram from 'node:dgram'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

export interface NetworkReport {
  /** false where the guard is not in force: nothing is promised then. */
  readonly guarded: boolean
  /** Attempts to leave the machine since the start, all refused. */
  readonly refused: number
  /** A connection to an address outside was tried just now, and refused before it began. */
  readonly proven: boolean
}

/** For documentation only (RFC 5737): nobody answers there, even if the guard did not hold. */
const outside = '192.0.2.1'

const isHere = (host: unknown): boolean =>
  host === undefined ||
  host === '' ||
  host === 'localhost' ||
  host === '::1' ||
  /^127\.\d+\.\d+\.\d+$/.test(String(host))

let guarded = false
let refused = 0
let trying = false

class LeavingRefused extends Error {
  readonly code = 'ENETUNREACH'
}

function refuse(what: string): never {
  if (!trying) refused += 1
  throw new LeavingRefused(`${what} would leave this machine, and Espalier makes no network access.`)
}

// biome-ignore lint/suspicious/noExplicitAny: methods of many signatures are wrapped and keep their own.
type Method = (...values: any[]) => any

/** Wraps methods of an object so that `hostOf` their arguments must be this machine. */
function wrap(owner: object, names: readonly string[], hostOf: (values: readonly unknown[]) => unknown): void {
  const methods = owner as Record<string, Method | undefined>
  for (const name of names) {
    const method = methods[name]
    if (typeof method !== 'function') continue
    methods[name] = function (this: unknown, ...values: unknown[]) {
      const host = hostOf(values)
      if (!isHere(host)) refuse(`${name} ${String(host)}`)
      return method.apply(this, values)
    }
  }
}

/** Host of a connection: options, (port, host), or a path of a local socket. */
function connectHost(values: readonly unknown[]): unknown {
  const first = Array.isArray(values[0]) ? (values[0] as unknown[])[0] : values[0]
  if (typeof first === 'object' && first !== null) {
    const { host, path } = first as { host?: unknown; path?: unknown }
    return path === undefined || path === null ? host : undefined
  }
  return typeof first === 'string' && Number.isNaN(Number(first))
    ? undefined
    : typeof values[1] === 'string'
      ? values[1]
      : undefined
}

/** In force until the process ends; a second call does nothing. */
export function guardNetwork(): void {
  if (guarded) return
  guarded = true
  wrap(net.Socket.prototype, ['connect'], connectHost)
  const lookups = Object.keys(dns).filter(
    (name) => name === 'lookup' || name === 'lookupService' || name.startsWith('resolve') || name === 'reverse',
  )
  wrap(dns, lookups, ([name]) => name)
  wrap(dns.promises, lookups, ([name]) => name)
  wrap(dgram.Socket.prototype, ['send'], (values) => values.findLast((value) => typeof value === 'string') ?? undefined)
  wrap(dgram.Socket.prototype, ['connect'], ([, host]) => host)
  syncBuiltinESMExports()
}

/** Counts what another layer refused: the desktop's own requests, another process of the workbench. */
export const countRefused = (): void => {
  refused += 1
}

/** Tries to get out, where the guard is there to stop it. */
function tryToLeave(): boolean {
  if (!guarded) return false
  trying = true
  const socket = new net.Socket()
  try {
    socket.connect(9, outside)
    return false
  } catch (error) {
    return error instanceof LeavingRefused
  } finally {
    trying = false
    socket.destroy()
  }
}

export const networkReport = (): NetworkReport => ({ guarded, refused, proven: tryToLeave() })
