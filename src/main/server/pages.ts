/** Serves the built page and nothing that lies outside its folder. */
import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { extname, resolve, sep } from 'node:path'
import { type Access, cookieName, hostIsOurs, isAuthorized, originIsOurs, tokenIsRight } from './access'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
}

/** No inline script or style and no other origin; samples and charts come as data or blob. */
const headers = (port: number): Record<string, string> => ({
  'content-security-policy': [
    "default-src 'self'",
    `connect-src 'self' ws://127.0.0.1:${port} ws://localhost:${port}`,
    "img-src 'self' data: blob:",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
})

/** The absolute path of what a URL names under `folder`, or null where it would leave it or cannot be a name. */
export function pathUnder(folder: string, pathname: string): string | null {
  let name: string
  try {
    name = decodeURIComponent(pathname)
  } catch {
    return null
  }
  if (name.includes('\0') || name.includes('\\')) return null
  const root = resolve(folder)
  const path = resolve(root, `.${name === '/' ? '/index.html' : name}`)
  return path.startsWith(root + sep) ? path : null
}

const noEntry =
  'This is a private Espalier workbench. Open it by the address that was printed where it was started; it holds the token.'

export interface PageOptions {
  readonly folder: string
  readonly access: Access
}

/** Handles one request to its end; never throws. */
export async function servePage(
  request: IncomingMessage,
  response: ServerResponse,
  options: PageOptions,
): Promise<void> {
  const { folder, access } = options
  const answer = (status: number, body: string | Uint8Array, more: Record<string, string> = {}): void => {
    response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', ...headers(access.port), ...more })
    response.end(request.method === 'HEAD' ? undefined : body)
  }
  if (!hostIsOurs(request, access.port) || !originIsOurs(request))
    return answer(403, 'This address is not served here.')
  if (request.method !== 'GET' && request.method !== 'HEAD') return answer(405, 'Only reading is possible here.')
  const url = URL.parse(request.url ?? '/', 'http://127.0.0.1')
  if (!url) return answer(400, 'This address is not understood.')
  if (url.searchParams.has('token')) {
    if (!tokenIsRight(url.searchParams.get('token'), access)) return answer(401, noEntry)
    // The token leaves the address bar and with it the history; from here on the cookie speaks.
    return answer(303, '', {
      location: '/',
      'set-cookie': `${cookieName(access.port)}=${access.token}; HttpOnly; SameSite=Strict; Path=/`,
    })
  }
  if (!isAuthorized(request, access)) return answer(401, noEntry)
  const path = pathUnder(folder, url.pathname)
  const type = path === null ? undefined : types[extname(path)]
  if (path === null || type === undefined) return answer(404, 'There is no such file.')
  try {
    return answer(200, await readFile(path), { 'content-type': type })
  } catch {
    return answer(404, 'There is no such file.')
  }
}
