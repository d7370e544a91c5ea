/** Who may talk to the server: this machine's own browser, with the token, from the server's own page. */
import { randomBytes, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export const newToken = (): string => randomBytes(32).toString('base64url')

const same = (given: string | undefined, expected: string): boolean => {
  const [a, b] = [Buffer.from(given ?? ''), Buffer.from(expected)]
  return a.length === b.length && timingSafeEqual(a, b)
}

/** Cookies know no ports, so the name holds it: two servers on one machine do not log one another out. */
export const cookieName = (port: number): string => `espalier-${port}`

const cookieOf = (request: IncomingMessage, name: string): string | undefined =>
  request.headers.cookie
    ?.split(';')
    .map((part) => part.trim())
    .find((part) => part.startsWith(`${name}=`))
    ?.slice(name.length + 1)

const bearerOf = (request: IncomingMessage): string | undefined =>
  /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]

export interface Access {
  readonly token: string
  readonly port: number
}

/** The names under which this server is reached; anything else is a rebinding attack. */
export function hostIsOurs(request: IncomingMessage, port: number): boolean {
  return [`127.0.0.1:${port}`, `localhost:${port}`].includes(request.headers.host ?? '')
}

/** A request from another site carries its origin; none is fine only for a client that is not a browser. */
export function originIsOurs(request: IncomingMessage): boolean {
  const { origin, host } = request.headers
  return origin === undefined ? true : origin === `http://${host}`
}

export function tokenIsRight(given: string | null, { token }: Access): boolean {
  return same(given ?? undefined, token)
}

/** By the cookie the first visit set, or by the header of a program. */
export function isAuthorized(request: IncomingMessage, { token, port }: Access): boolean {
  return same(cookieOf(request, cookieName(port)), token) || same(bearerOf(request), token)
}

/** A WebSocket without an origin comes from a program, which must show the token itself; a cookie is not enough. */
export function mayConnect(request: IncomingMessage, access: Access): boolean {
  if (!hostIsOurs(request, access.port) || !originIsOurs(request)) return false
  if (request.headers.origin === undefined) return same(bearerOf(request), access.token)
  return isAuthorized(request, access)
}
