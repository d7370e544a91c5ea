/** The native backend in the workbench: whether it is there, and building it with progress and cancel. */
import type { NativeStatus } from '../../contract/entities'
import { EspalierError, toErrorReport } from '../../contract/errors'
import type { ServiceContext } from './context'

/** How far a build is (0..1) when a step begins, from the last to the first. */
const steps: readonly (readonly [number, NonNullable<NativeStatus['building']>['step']])[] = [
  [0.95, 'check'],
  [0.75, 'compile'],
  [0.6, 'unpack'],
  [0.1, 'library'],
  [0.02, 'sources'],
  [0, 'tools'],
]

const stepAt = (fraction: number) => steps.find(([from]) => fraction >= from)?.[1] ?? 'tools'

export function nativeService({ engine, events }: ServiceContext) {
  let building: NativeStatus['building'] = null
  let error: NativeStatus['error'] = null
  let controller: AbortController | null = null

  const status = async (): Promise<NativeStatus> => ({ ...(await engine.run('nativeFacts', {})), building, error })
  const work = async (signal: AbortSignal, facts: NativeStatus): Promise<void> => {
    try {
      await engine.run(
        'buildNative',
        {},
        {
          signal,
          onProgress: ({ fraction }) => {
            building = { fraction, step: stepAt(fraction) }
            events.emit({ type: 'native-changed', status: { ...facts, building, error } })
          },
        },
      )
      // A process that is up keeps the backend it began with.
      engine.renew()
    } catch (thrown) {
      if (!signal.aborted) error = toErrorReport(thrown)
    } finally {
      building = null
      controller = null
      await status()
        .then((now) => events.emit({ type: 'native-changed', status: now }))
        .catch(() => {
          // The workbench is closing, and nobody listens any more.
        })
    }
  }

  return {
    status,
    /** @throws CONFLICT where one is being built, BACKEND_UNAVAILABLE where this machine cannot */
    async build(): Promise<NativeStatus> {
      if (controller) throw new EspalierError('CONFLICT', 'The native backend is being built already.')
      const started = new AbortController()
      controller = started
      error = null
      building = { fraction: 0, step: 'tools' }
      try {
        const facts = await status()
        if (!facts.supported || facts.off || facts.missing.length > 0) {
          throw new EspalierError(
            'BACKEND_UNAVAILABLE',
            facts.supported
              ? facts.off
                ? 'The native backend is switched off by ESPALIER_NATIVE=off. Start Espalier without it, then build.'
                : `Building the native backend needs ${facts.missing.join(', ')}, which this machine has not. Install it, then try again.`
              : 'The native backend can be built on Linux with an x64 processor only. ONNX Runtime computes here.',
          )
        }
        events.emit({ type: 'native-changed', status: facts })
        void work(started.signal, facts)
        return facts
      } catch (thrown) {
        controller = null
        building = null
        throw thrown
      }
    },
    async cancel(): Promise<NativeStatus> {
      controller?.abort()
      return status()
    },
  }
}
export type NativeService = ReturnType<typeof nativeService>
