/** Waiting for a worker, which ends what it has begun though nobody waits for it any more. */
import { EspalierError } from '../../contract/errors'

/** The answer, or CANCELLED as soon as the signal says so. */
export function untilCancelled<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return answer
  return new Promise((resolve, reject) => {
    const cancel = () => reject(new EspalierError('CANCELLED', 'The refit was cancelled.'))
    if (signal.aborted) cancel()
    signal.addEventListener('abort', cancel, { once: true })
    answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel))
  })
}
