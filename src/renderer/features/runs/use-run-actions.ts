/** What can be done with runs, with its notices and undo: the table, the detail page and the palette share it. */
import { useI18n } from 'vue-i18n'
import { useRouter } from 'vue-router'
import type { Run } from '../../../contract'
import type { MenuItem } from '../../ui/MenuButton.vue'
import { useToasts } from '../../ui/toasts.store'
import { isActive } from './figures'
import { useRuns } from './runs.store'
import { useLabels } from './use-labels'

export function useRunActions() {
  const { t } = useI18n()
  const router = useRouter()
  const store = useRuns()
  const toasts = useToasts()
  const labels = useLabels()

  const params = () => ({ projectId: store.projectId })
  const open = (id: string) => void router.push({ name: 'run', params: { ...params(), runId: id } })
  const exportRun = (id: string) => void router.push({ name: 'exports', params: params(), query: { run: id } })
  const compare = (ids: readonly string[]) =>
    void router.push({ name: 'compare', params: params(), query: { runs: ids.join(',') } })

  /** The form fills itself from the run. */
  const clone = (run: Run) => void router.push({ name: 'new-run', params: params(), query: { from: run.id } })

  async function rerun(runs: readonly Run[]): Promise<void> {
    await toasts.attempt(async () => {
      const made: string[] = []
      for (const run of runs)
        made.push(...(await store.start(run.modelId, run.datasetId, [run.config])).map(({ id }) => id))
      toasts.show({
        kind: 'good',
        text: t('runs.rerunStarted', { n: runs.length }, runs.length),
        action: { label: t('common.undo'), perform: () => store.remove(made) },
        about: made,
      })
    })
  }

  /** Gives or takes a tag; undo touches only the runs that it changed. */
  async function tag(runs: readonly Run[], name: string, take = false): Promise<void> {
    const ids = runs.filter((run) => run.tags.includes(name) === take).map((run) => run.id)
    if (ids.length === 0) return
    await toasts.attempt(async () => {
      await store.tag(ids, take ? { remove: [name] } : { add: [name] })
      toasts.show({
        kind: 'info',
        text: t(take ? 'runs.untagged' : 'runs.tagged', { n: ids.length, tag: name }, ids.length),
        action: {
          label: t('common.undo'),
          perform: () => store.tag(ids, take ? { add: [name] } : { remove: [name] }),
        },
        about: ids,
      })
    })
  }

  /** What waits or runs of these; undo queues them again, from their last kept step. */
  async function cancelAll(runs: readonly Run[]): Promise<void> {
    const stopped = runs.filter(isActive)
    await toasts.attempt(async () => {
      for (const run of stopped) await store.cancel(run.id)
      toasts.show({
        kind: 'info',
        text: t('runs.cancelledMany', { n: stopped.length }, stopped.length),
        action: { label: t('common.undo'), perform: () => resumeAll(stopped.map((run) => store.byId(run.id) ?? run)) },
        about: stopped.map((run) => run.id),
      })
    })
  }

  async function first(run: Run): Promise<void> {
    await toasts.attempt(async () => {
      await store.advance(run.id)
      toasts.show({ kind: 'good', text: t('runs.isFirst', { name: labels.run(run) }) })
    })
  }

  async function resumeAll(runs: readonly Run[]): Promise<void> {
    await toasts.attempt(async () => {
      for (const run of runs.filter(resumable)) await store.resume(run.id)
    })
  }

  async function remove(runs: readonly Run[]): Promise<void> {
    const ids = runs.map((run) => run.id)
    const [first] = runs
    if (!first) return
    await toasts.attempt(async () => {
      await store.remove(ids)
      toasts.settle(ids)
      toasts.show({
        kind: 'info',
        text:
          runs.length === 1
            ? t('common.removed', { name: labels.run(first) })
            : t('common.removedMany', { n: runs.length }),
        action: { label: t('common.undo'), perform: () => store.restore(ids) },
        about: ids,
      })
    })
  }

  const cancel = (run: Run) => toasts.attempt(() => store.cancel(run.id))
  const resume = (run: Run) => toasts.attempt(() => store.resume(run.id))
  const resumable = (run: Run) => ['failed', 'cancelled', 'interrupted'].includes(run.status)

  const menu = (run: Run): MenuItem[] => [
    { label: t('runs.open'), icon: 'arrowRight', perform: () => open(run.id) },
    {
      label: t('runs.exportRun'),
      icon: 'exportBox',
      disabled: run.resultModelId === null,
      perform: () => exportRun(run.id),
    },
    ...(isActive(run) ? [{ label: t('runs.cancel'), icon: 'stop' as const, perform: () => void cancel(run) }] : []),
    ...(run.status === 'queued'
      ? [{ label: t('runs.first'), icon: 'arrowUp' as const, perform: () => void first(run) }]
      : []),
    ...(resumable(run) ? [{ label: t('runs.resume'), icon: 'play' as const, perform: () => void resume(run) }] : []),
    { label: t('runs.clone'), icon: 'copy', perform: () => clone(run) },
    { label: t('runs.rerun'), icon: 'redo', perform: () => void rerun([run]) },
    { label: t('common.remove'), icon: 'trash', danger: true, perform: () => void remove([run]) },
  ]

  return { open, exportRun, compare, clone, rerun, remove, tag, cancel, cancelAll, resume, resumeAll, resumable, menu }
}
