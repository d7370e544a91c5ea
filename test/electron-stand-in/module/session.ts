/** The one session: permission handlers, the request filter, and a record of what tried to leave the machine. */
import { protocol } from './protocol'

type RequestHandler = (contents: unknown, permission: string, answer: (granted: boolean) => void) => void
type CheckHandler = (contents: unknown, permission: string) => boolean
type BeforeRequest = (
  details: { url: string; method: string },
  answer: (response: { cancel?: boolean }) => void,
) => void

class Session {
  readonly protocol = protocol
  /** Addresses outside the custom schemes that a page asked for. None of them is ever fetched. */
  readonly refusedRequests: string[] = []
  permissionRequestHandler: RequestHandler | undefined
  permissionCheckHandler: CheckHandler | undefined
  #beforeRequest: BeforeRequest | undefined

  readonly webRequest = {
    onBeforeRequest: (listener: BeforeRequest): void => {
      this.#beforeRequest = listener
    },
  }

  setPermissionRequestHandler(handler: RequestHandler | null): void {
    this.permissionRequestHandler = handler ?? undefined
  }

  setPermissionCheckHandler(handler: CheckHandler | null): void {
    this.permissionCheckHandler = handler ?? undefined
  }

  /** Whether the application's own filter lets a request through. */
  allows(url: string, method: string): Promise<boolean> {
    const listener = this.#beforeRequest
    if (!listener) return Promise.resolve(true)
    return new Promise((resolve) => listener({ url, method }, ({ cancel }) => resolve(!cancel)))
  }
}

export const session = { defaultSession: new Session() }
