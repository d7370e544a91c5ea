/** Long copies that tell how far they are and can be cancelled. */
import { EspalierError } from '../../contract/errors'

export interface Watch {
  readonly signal?: AbortSignal | undefined
  /** So many bytes more are done. */
  readonly onBytes?: ((bytes: number) => void) | undefined
}

/** Call with every piece. @throws CANCELLED */
export function passed({ signal, onBytes }: Watch, bytes: number): void {
  if (signal?.aborted) {
    throw new EspalierError('CANCELLED', 'This was cancelled, and nothing of it was kept.')
  }
  onBytes?.(bytes)
}
