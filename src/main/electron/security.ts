/** What the page may not do: ask for permissions, leave, open windows, reach the network, speak from a foreign frame. */
import { type Session, shell, type WebContents, type WebFrameMain } from 'electron'
import { countRefused } from '../engine/index'
import { host, scheme } from './page-files'

const isOurs = (address: string): boolean => {
  try {
    const url = new URL(address)
    return url.protocol === `${scheme}:` && url.host === host
  } catch {
    return false
  }
}

/** Nothing in the workbench needs a permission, and nothing it shows comes from a network. */
export function lockSession(session: Session): void {
  session.setPermissionRequestHandler((_contents, _permission, answer) => answer(false))
  session.setPermissionCheckHandler(() => false)
  session.webRequest.onBeforeRequest((details, answer) => {
    const { protocol } = new URL(details.url)
    const leaves = !(isOurs(details.url) || ['data:', 'blob:', 'devtools:'].includes(protocol))
    if (leaves) countRefused()
    answer({ cancel: leaves })
  })
}

/** Keeps the window on our page. Links to the outside open in the person's browser, over https only. */
export function lockContents(contents: WebContents): void {
  contents.on('will-navigate', (event, url) => {
    if (!isOurs(url)) event.preventDefault()
  })
  contents.on('will-attach-webview', (event) => event.preventDefault())
  contents.setWindowOpenHandler(({ url }) => {
    if (URL.canParse(url) && new URL(url).protocol === 'https:') void shell.openExternal(url)
    return { action: 'deny' }
  })
}

/** Whether a message comes from the top frame of our own page. */
export const isTrustedSender = (frame: WebFrameMain | null): boolean =>
  frame !== null && frame.parent === null && isOurs(frame.url)
