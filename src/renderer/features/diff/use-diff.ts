/** Two models' views and, where runs of one original made them, which units each kept. */
import { type Ref, ref, shallowRef, watch } from 'vue'
import type { DecisionTrace, ErrorReport, Model, ModelView } from '../../../contract'
import { api } from '../../app/client'
import { readError } from '../../app/errors'
import { useModels } from '../models'

export interface LoadedDiff {
  readonly before: ModelView
  readonly after: ModelView
  /** Of the run that made the model; null for a model that no run of the other's original made. */
  readonly traces: { readonly before: DecisionTrace | null; readonly after: DecisionTrace | null }
}

export function useDiff(before: Readonly<Ref<Model | undefined>>, after: Readonly<Ref<Model | undefined>>) {
  const models = useModels()
  const loaded = shallowRef<LoadedDiff | null>(null)
  const error = ref<ErrorReport | null>(null)
  let turn = 0

  const traceOf = async (model: Model, original: string): Promise<DecisionTrace | null> =>
    model.runId !== null && model.parentId === original ? api().runs.trace({ id: model.runId }) : null

  async function load(): Promise<void> {
    const mine = ++turn
    const [first, second] = [before.value, after.value]
    loaded.value = null
    error.value = null
    if (!first || !second) return
    // Two results are told apart by unit only where both were pruned from the same network.
    const shared = second.parentId === first.id ? first.id : first.parentId
    try {
      const [one, two, traceBefore, traceAfter] = await Promise.all([
        models.view(first.id),
        models.view(second.id),
        shared === null || shared === first.id ? null : traceOf(first, shared),
        shared === null ? null : traceOf(second, shared),
      ])
      if (mine === turn) loaded.value = { before: one, after: two, traces: { before: traceBefore, after: traceAfter } }
    } catch (thrown) {
      if (mine === turn) error.value = readError(thrown)
    }
  }
  watch([() => before.value?.id, () => after.value?.id], () => void load(), { immediate: true })
  return { loaded, error, reload: load }
}
