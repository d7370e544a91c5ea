/** One run with its trace, series and log; asked for once, then kept up by events. */
import { onScopeDispose, type Ref, ref, shallowRef, watch } from 'vue'
import type { DecisionTrace, ErrorReport, LogLine, MetricPoint, Run } from '../../../contract'
import { api } from '../../app/client'
import { readError } from '../../app/errors'
import { onEvents } from '../../app/events'
import { useRuns } from '../runs'

/** Two a pixel of a wide chart. */
const pointsDrawn = 3000

export function useRunDetail(runId: Ref<string>) {
  const store = useRuns()
  const trace = shallowRef<DecisionTrace | null>(null)
  const metrics = shallowRef<readonly MetricPoint[]>([])
  const log = shallowRef<readonly LogLine[]>([])
  const error = ref<ErrorReport | null>(null)
  const loading = ref(true)
  let turn = 0

  async function loadTrace(id: string, mine: number): Promise<void> {
    const found = await api().runs.trace({ id })
    if (mine === turn) trace.value = found
  }

  async function load(): Promise<void> {
    const id = runId.value
    const mine = ++turn
    loading.value = true
    error.value = null
    try {
      await store.fetchRun(id)
      const [points, lines] = await Promise.all([
        api().runs.metrics({ id, most: pointsDrawn }),
        api().runs.log({ id }),
        loadTrace(id, mine),
      ])
      if (mine !== turn) return
      metrics.value = points
      log.value = lines
    } catch (thrown) {
      if (mine === turn) error.value = readError(thrown)
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  watch(
    runId,
    () => {
      trace.value = null
      metrics.value = []
      log.value = []
      void load()
    },
    { immediate: true },
  )

  let stage: string | undefined
  const onRun = (run: Run) => {
    // The trace grows with the stages, and is whole at the end.
    const next = `${run.status} ${run.progress?.stage ?? ''}`
    if (next === stage) return
    stage = next
    const mine = turn
    loadTrace(run.id, mine).catch((thrown: unknown) => {
      error.value = readError(thrown)
    })
  }
  onScopeDispose(
    onEvents(
      (event) => {
        if (event.type === 'run-metric' && event.runId === runId.value)
          metrics.value = [...metrics.value, ...event.points]
        if (event.type === 'run-log' && event.runId === runId.value) log.value = [...log.value, event.line]
        if (event.type === 'run-changed' && event.run.id === runId.value) onRun(event.run)
      },
      () => void load(),
    ),
  )

  return { trace, metrics, log, error, loading, reload: load }
}
