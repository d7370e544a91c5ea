/** How long something will still take by how fast it has been going, and since when nothing was heard of it. */
import { computed, ref } from 'vue'
import { useNow } from '../ui/use-now'

/** Nothing heard for so long is said: engines give a sign of life every other second. */
export const stalledMs = 20_000
/** Too little to judge a pace by. */
const shortestMs = 2000
const shortestShare = 0.02

export function usePace() {
  /** 0..1; null until somebody says something. */
  const fraction = ref<number | null>(null)
  /** Milliseconds since 1970 of the last sign of life; null while nothing runs. */
  const heardAt = ref<number | null>(null)
  const first = ref<{ at: number; fraction: number } | null>(null)
  const now = useNow()

  function begin(): void {
    fraction.value = null
    first.value = null
    heardAt.value = Date.now()
  }
  function hear(share: number): void {
    heardAt.value = Date.now()
    first.value ??= { at: heardAt.value, fraction: share }
    fraction.value = share
  }
  function end(): void {
    heardAt.value = null
  }

  /** Seconds left, counted down between two signs of life; null while that is not known. */
  const left = computed(() => {
    if (first.value === null || fraction.value === null || heardAt.value === null) return null
    const [spent, done] = [heardAt.value - first.value.at, fraction.value - first.value.fraction]
    if (spent < shortestMs || done < shortestShare) return null
    const since = Math.max(0, now.value - heardAt.value)
    return Math.max(1, ((spent * (1 - fraction.value)) / done - since) / 1000)
  })
  /** When something was last heard, as an ISO time, where that is suspiciously long ago. */
  const stalledSince = computed(() =>
    heardAt.value !== null && now.value - heardAt.value > stalledMs ? new Date(heardAt.value).toISOString() : null,
  )
  return { fraction, left, stalledSince, begin, hear, end }
}

export type Pace = Pick<ReturnType<typeof usePace>, 'fraction' | 'left' | 'stalledSince'>
