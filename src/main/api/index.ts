/** The API's public face: the router, and the options every shell gives its RPC handler. */
import { toApiError } from './errors'

export { toApiError } from './errors'
export { type ApiRouter, createRouter } from './router'

/** For `new RPCHandler(createRouter(services), handlerOptions)`: no error leaves without code and sentence. */
export const handlerOptions = {
  interceptors: [
    async <T>({ next }: { next: () => Promise<T> }): Promise<T> => {
      try {
        return await next()
      } catch (error) {
        throw toApiError(error)
      }
    },
  ],
}
