/** The exact size a budget leads to, asked anew shortly after the form changes; late answers to old questions are dropped. */
import { type MaybeRefOrGetter, ref, toValue, watch } from 'vue'
import type { ErrorReport } from '../../../contract'
import { api } from '../../app/client'
import { readError } from '../../app/errors'

export interface Estimate {
  readonly keepMacs: number
  readonly macs: number
  readonly params: number
  readonly bytes: number
}

export interface EstimateQuestion {
  readonly modelId: string
  readonly keepMacs: number[]
  readonly roundTo: number
  readonly protect: string[]
}

const waitMs = 150

export function useEstimate(question: MaybeRefOrGetter<EstimateQuestion | null>) {
  const estimates = ref<readonly Estimate[]>([])
  const error = ref<ErrorReport | null>(null)
  const pending = ref(false)
  let turn = 0
  let timer: ReturnType<typeof setTimeout> | undefined

  async function ask(asked: EstimateQuestion, mine: number): Promise<void> {
    try {
      const answer = await api().runs.estimate(asked)
      if (mine !== turn) return
      estimates.value = answer
      error.value = null
    } catch (thrown) {
      if (mine === turn) error.value = readError(thrown)
    } finally {
      if (mine === turn) pending.value = false
    }
  }

  watch(
    () => JSON.stringify(toValue(question)),
    () => {
      clearTimeout(timer)
      const mine = ++turn
      const asked = toValue(question)
      pending.value = asked !== null
      if (asked === null) {
        estimates.value = []
        error.value = null
        return
      }
      timer = setTimeout(() => void ask(asked, mine), waitMs)
    },
    { immediate: true },
  )

  return { estimates, error, pending }
}
