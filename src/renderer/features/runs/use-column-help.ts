/** What the columns of runs need to be told: names, goals, figures, in the present language. */
import { computed } from 'vue'
import { useI18n } from 'vue-i18n'
import { useFormat } from '../../ui/use-format'
import { useDatasets } from '../datasets'
import { useModels } from '../models'
import type { ColumnHelp } from './columns'
import { metricOf } from './figures'
import { useRuns } from './runs.store'
import { useLabels } from './use-labels'

export function useColumnHelp(): ColumnHelp {
  const models = useModels()
  const datasets = useDatasets()
  const labels = useLabels()
  const runs = useRuns()
  const { t } = useI18n()
  const metric = computed(() => metricOf(runs.runs))
  return {
    format: useFormat(),
    t: labels.word,
    column: (id) => labels.word(id === 'accuracy' ? `common.metric.${metric.value}` : `runs.column.${id}`),
    valued: (id, value) =>
      id === 'seed' ? t('common.seed', { n: value }) : t('common.labelled', { label: t(`runs.column.${id}`), value }),
    strategy: labels.strategy,
    goal: labels.goal,
    title: labels.run,
    model: (id) => models.byId(id)?.name ?? id,
    dataset: (id) => datasets.byId(id)?.name ?? id,
  }
}
