/** Places that have a name: projects, and the runs, models and data sets of the project that is open. The palette finds them too. */
import { useI18n } from 'vue-i18n'
import { type RouteLocationRaw, useRouter } from 'vue-router'
import { useDatasets } from '../features/datasets'
import { useModels } from '../features/models'
import { useProjects } from '../features/projects'
import { useLabels, useModelLabel, useRuns } from '../features/runs'
import type { IconName } from '../ui/icons'
import { matchScore } from './match'

export interface Place {
  readonly id: string
  readonly icon: IconName
  readonly title: string
  /** What it is, in a word. */
  readonly kind: string
  readonly score: number
  open(): void
}

/** Of one kind; what comes after these is found by a further word. */
const mostOfKind = 8

/** @returns what is called so, the best first; nothing without a word, since ten thousand runs are no list to choose from */
export function usePlaces(): (query: string) => Place[] {
  const { t } = useI18n()
  const router = useRouter()
  const projects = useProjects()
  const runs = useRuns()
  const models = useModels()
  const datasets = useDatasets()
  const labels = useLabels()
  const modelLabel = useModelLabel()

  return (query) => {
    if (query.trim() === '') return []
    const called = <T extends { readonly id: string }>(
      items: readonly T[],
      kind: string,
      icon: IconName,
      title: (item: T) => string,
      to: (item: T) => RouteLocationRaw,
      also: (item: T) => readonly string[] = () => [],
    ): Place[] => {
      const found: Place[] = []
      for (const item of items) {
        const name = title(item)
        const score = matchScore(query, [name, ...also(item)].join(' '))
        if (score > 0)
          found.push({ id: item.id, icon, title: name, kind, score, open: () => void router.push(to(item)) })
      }
      return found.sort((a, b) => b.score - a.score).slice(0, mostOfKind)
    }
    const within = (name: string, params: Record<string, string>): RouteLocationRaw => ({
      name,
      params: { projectId: runs.projectId, ...params },
    })
    const here = runs.projectId !== ''
    return [
      ...called(
        projects.projects,
        t('commands.kind.project'),
        'folder',
        (project) => project.name,
        (project) => ({ name: 'runs', params: { projectId: project.id } }),
        (project) => project.tags,
      ),
      ...called(
        here ? runs.runs : [],
        t('commands.kind.run'),
        'runs',
        (run) => labels.run(run),
        (run) => within('run', { runId: run.id }),
        (run) => run.tags,
      ),
      ...called(here ? models.items : [], t('commands.kind.model'), 'model', modelLabel, (model) =>
        within('model', { modelId: model.id }),
      ),
      ...called(
        here ? datasets.items : [],
        t('commands.kind.dataset'),
        'data',
        (dataset) => dataset.name,
        (dataset) => within('dataset', { datasetId: dataset.id }),
      ),
    ].sort((a, b) => b.score - a.score)
  }
}
