/** How long something will still take by how fast it has been going, and since when nothing was heard of it. */
import { computed, ref } from 'vue'
import { Pace as Measured } from '../../contract/pace'
import { useNow } from '../ui/use-now'

/** Nothing heard for so long is said: engines give a sign of life every other second. */
export const stalledMs = 20_000

export function usePace() {
  /** 0..1; null until somebody says something. */
  const fraction = ref<number | null>(null)
  /** Milliseconds since 1970 of the last sign of life; null while nothing runs. */
  const heardAt = ref<number | null>(null)
  /** Seconds left as they were when something was last heard. */
  const told = ref<number | null>(null)
  let measured = new Measured()
  const now = useNow()

  function begin(): void {
    measured = new Measured()
    fraction.value = null
    told.value = null
    heardAt.value = Date.now()
  }
  function hear(share: number): void {
    heardAt.value = Date.now()
    told.value = measured.etaSeconds(heardAt.value, share)
    fraction.value = share
  }
  function end(): void {
    heardAt.value = null
  }

  /** Seconds left, counted down between two signs of life; null while that is not known. */
  const left = computed(() => {
    if (told.value === null || heardAt.value === null) return null
    return Math.max(1, told.value - Math.max(0, now.value - heardAt.value) / 1000)
  })
  /** When something was last heard, as an ISO time, where that is suspiciously long ago. */
  const stalledSince = computed(() =>
    heardAt.value !== null && now.value - heardAt.value > stalledMs ? new Date(heardAt.value).toISOString() : null,
  )
  return { fraction, left, stalledSince, begin, hear, end }
}

export type Pace = Pick<ReturnType<typeof usePace>, 'fraction' | 'left' | 'stalledSince'>
