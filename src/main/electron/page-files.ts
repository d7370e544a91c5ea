/** Serves the page's own files under the app scheme, and nothing that lies outside their folder. */
import { readFile } from 'node:fs/promises'
import { extname, resolve, sep } from 'node:path'

export const scheme = 'app'
export const host = 'espalier'
export const pageUrl = `${scheme}://${host}/index.html`

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
}

/** No inline script or style, no other origin; images and samples come as data or blob. */
export const contentPolicy = [
  "default-src 'self'",
  "img-src 'self' data: blob:",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

const refuse = (status: number, reason: string) =>
  new Response(reason, { status, headers: { 'content-type': 'text/plain; charset=utf-8' } })

/** The absolute path of what `url` names under `folder`, or null where it would leave the folder. */
export function pathUnder(folder: string, url: URL): string | null {
  let name: string
  try {
    name = decodeURIComponent(url.pathname)
  } catch {
    return null
  }
  if (name.includes('\0') || name.includes('\\')) return null
  const path = resolve(folder, `.${name}`)
  return path.startsWith(resolve(folder) + sep) ? path : null
}

/** @returns a handler for `protocol.handle`. */
export function servePage(folder: string): (request: { url: string; method: string }) => Promise<Response> {
  return async (request) => {
    const url = new URL(request.url)
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(405, 'Only reading is possible here.')
    if (url.host !== host) return refuse(404, 'There is no such host.')
    const path = pathUnder(folder, url)
    const type = path === null ? undefined : types[extname(path)]
    if (path === null || type === undefined) return refuse(404, 'There is no such file.')
    try {
      const body = await readFile(path)
      return new Response(request.method === 'HEAD' ? null : new Uint8Array(body), {
        headers: {
          'content-type': type,
          'content-security-policy': contentPolicy,
          'x-content-type-options': 'nosniff',
          'referrer-policy': 'no-referrer',
          'cross-origin-opener-policy': 'same-origin',
        },
      })
    } catch {
      return refuse(404, 'There is no such file.')
    }
  }
}
