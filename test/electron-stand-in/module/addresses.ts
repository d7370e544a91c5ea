/** Chromium refuses pages under a scheme it does not know, so each custom origin gets an https name under `.invalid`. */

/** `app://espalier/index.html` -> `https://espalier.app.invalid/index.html`; http(s) and the like stay as they are. */
export function toPageAddress(address: string, schemes: ReadonlySet<string>): string {
  const url = new URL(address)
  const scheme = url.protocol.slice(0, -1)
  if (!schemes.has(scheme)) return address
  return `https://${url.host}.${scheme}.invalid${url.pathname}${url.search}${url.hash}`
}

/** The inverse of {@link toPageAddress}. */
export function fromPageAddress(address: string): string {
  if (!URL.canParse(address)) return address
  const url = new URL(address)
  const name = /^(?<host>.+)\.(?<scheme>[a-z][a-z0-9]*)\.invalid$/.exec(url.hostname)?.groups
  if (url.protocol !== 'https:' || !name) return address
  return `${name.scheme}://${name.host}${url.pathname}${url.search}${url.hash}`
}
