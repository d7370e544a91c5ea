/** The runs of the project that is open, live: events are gathered and applied once a frame. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ErrorReport, Run, RunConfig, StrategyInfo, WorkbenchEvent } from '../../../contract'
import { api } from '../../app/client'
import { readError } from '../../app/errors'
import { onEvents } from '../../app/events'
import { tableParts } from './read-table'

/** Lists leave the rounds and the kept units out: what was read of this very result stays. */
function withDetails(run: Run, known: Run | undefined): Run {
  const whole = known?.result && known.finishedAt === run.finishedAt && known.result.rounds.length > 0
  return whole ? { ...run, result: known.result } : run
}

export const useRuns = defineStore('runs', () => {
  const projectId = ref('')
  const byIdMap = shallowRef<ReadonlyMap<string, Run>>(new Map())
  const loading = ref(false)
  /** So many runs the project has while only the newest of them are here; null: all are. */
  const expected = ref<number | null>(null)
  const error = ref<ErrorReport | null>(null)
  const strategies = shallowRef<readonly StrategyInfo[]>([])
  let waiting = new Map<string, Run>()
  /** What events told while the list was on its way, and is newer than it. */
  let sinceAsked: Map<string, Run> | null = null
  let scheduled = false
  let turn = 0

  const runs = computed(() =>
    [...byIdMap.value.values()]
      .filter((run) => run.deletedAt === null)
      // ISO times are in order as plain text, which a locale's order is much slower at.
      .sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0)),
  )
  const active = computed(() => runs.value.filter((run) => run.status === 'running' || run.status === 'queued'))

  function apply(): void {
    scheduled = false
    if (waiting.size === 0) return
    const next = new Map(byIdMap.value)
    for (const [id, run] of waiting) next.set(id, run)
    waiting = new Map()
    byIdMap.value = next
  }

  /** Ten thousand rows and a hundred events a second still make one repaint a frame. */
  function put(run: Run): void {
    if (run.projectId !== projectId.value) return
    waiting.set(run.id, run)
    sinceAsked?.set(run.id, run)
    if (scheduled) return
    scheduled = true
    requestAnimationFrame(apply)
  }

  async function reload(): Promise<void> {
    if (projectId.value === '') return
    const mine = ++turn
    const known = byIdMap.value
    const list = new Map<string, Run>()
    sinceAsked = new Map()
    try {
      for await (const { runs: part, total, next } of tableParts(projectId.value)) {
        if (mine !== turn) return
        for (const run of part) list.set(run.id, withDetails(run, known.get(run.id)))
        // The newest are shown at once; the others come together, so that the table is sorted once.
        if (next !== null && !loading.value) continue
        if (next !== null) expected.value = total
        else expected.value = null
        byIdMap.value = new Map([...list, ...sinceAsked])
        loading.value = false
      }
      error.value = null
    } catch (thrown) {
      if (mine === turn) error.value = readError(thrown)
    } finally {
      if (mine === turn) {
        loading.value = false
        expected.value = null
        sinceAsked = null
      }
    }
  }

  async function open(id: string): Promise<void> {
    if (projectId.value === id) return
    projectId.value = id
    byIdMap.value = new Map()
    expected.value = null
    loading.value = true
    await reload()
  }

  async function loadStrategies(): Promise<readonly StrategyInfo[]> {
    if (strategies.value.length === 0) strategies.value = await api().runs.strategies()
    return strategies.value
  }

  async function start(modelId: string, datasetId: string, configs: RunConfig[], name?: string): Promise<Run[]> {
    const made = await api().runs.start({
      projectId: projectId.value,
      modelId,
      datasetId,
      configs,
      ...(name ? { name } : {}),
    })
    // The event of a run that already started may have arrived first: it is newer than this answer.
    for (const run of made) if (!byIdMap.value.has(run.id) && !waiting.has(run.id)) put(run)
    apply()
    return made
  }

  const byId = (id: string): Run | undefined => byIdMap.value.get(id)

  async function fetchRun(id: string): Promise<Run> {
    const run = await api().runs.get({ id })
    put(run)
    apply()
    return run
  }

  async function cancel(id: string): Promise<void> {
    put(await api().runs.cancel({ id }))
  }

  async function advance(id: string): Promise<void> {
    put(await api().runs.advance({ id }))
  }

  async function resume(id: string): Promise<void> {
    put(await api().runs.resume({ id }))
  }

  async function update(id: string, change: { name?: string; tags?: string[]; notes?: string }): Promise<void> {
    put(await api().runs.update({ id, ...change }))
    apply()
  }

  async function tag(ids: string[], change: { add?: string[]; remove?: string[] }): Promise<void> {
    await api().runs.tag({ ids, add: [], remove: [], ...change })
    await reload()
  }

  async function remove(ids: string[]): Promise<void> {
    await api().runs.remove({ ids })
    await reload()
  }

  async function restore(ids: string[]): Promise<void> {
    await api().runs.restore({ ids })
    await reload()
  }

  const onEvent = (event: WorkbenchEvent) => {
    if (event.type === 'run-changed') put(event.run)
    if (event.type === 'project-changed' && event.projectId === projectId.value) void reload()
  }
  onEvents(onEvent, () => void reload())

  return {
    projectId,
    runs,
    active,
    loading,
    expected,
    error,
    strategies,
    open,
    reload,
    loadStrategies,
    start,
    byId,
    fetchRun,
    cancel,
    advance,
    resume,
    update,
    tag,
    remove,
    restore,
  }
})
