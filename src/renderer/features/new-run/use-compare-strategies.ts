/** The one button of the main path: queues the comparison on the project's model and data, and shows its rows. */
import { computed, ref } from 'vue'
import { useI18n } from 'vue-i18n'
import { useRoute, useRouter } from 'vue-router'
import type { RunConfig } from '../../../contract'
import { useSettings } from '../../app/settings.store'
import { useToasts } from '../../ui/toasts.store'
import { useDatasets } from '../datasets'
import { useModels } from '../models'
import { useRuns } from '../runs'
import { comparisonConfigs } from './config'

export function useCompareStrategies() {
  const { t } = useI18n()
  const router = useRouter()
  const route = useRoute()
  const models = useModels()
  const datasets = useDatasets()
  const runs = useRuns()
  const settings = useSettings()
  const toasts = useToasts()
  const starting = ref(false)

  const model = computed(() => models.originals[0])
  const dataset = computed(() => datasets.here[0])
  const ready = computed(() => model.value !== undefined && dataset.value !== undefined)

  async function compare(): Promise<void> {
    const [of, on] = [model.value, dataset.value]
    if (!of || !on || starting.value) return
    starting.value = true
    const made = await toasts.attempt(() =>
      runs.start(of.id, on.id, comparisonConfigs(settings.backend as RunConfig['backend'])),
    )
    starting.value = false
    if (!made) return
    toasts.show({ kind: 'good', text: t('newRun.queued', { n: made.length }, made.length) })
    if (route.name !== 'runs') await router.push({ name: 'runs', params: { projectId: runs.projectId } })
  }

  return { model, dataset, ready, starting, compare }
}
