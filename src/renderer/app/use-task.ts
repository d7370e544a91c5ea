/** A call that takes a while: how far it is, as its events tell, and a way to end it. */
import { onScopeDispose, ref } from 'vue'
import { onEvents } from './events'

let next = 1

export function useTask() {
  const busy = ref(false)
  /** 0..1; null until the services say something. */
  const fraction = ref<number | null>(null)
  let task = ''
  let controller: AbortController | null = null

  onScopeDispose(
    onEvents((event) => {
      if (event.type === 'task-progress' && event.task === task) fraction.value = event.fraction
    }),
  )
  onScopeDispose(() => controller?.abort())

  /** What the call answers; null where it was cancelled. @throws what it throws */
  async function run<T>(call: (task: string, signal: AbortSignal) => Promise<T>): Promise<T | null> {
    const mine = new AbortController()
    controller = mine
    task = `${Date.now()}-${next++}`
    busy.value = true
    fraction.value = null
    try {
      return await call(task, mine.signal)
    } catch (error) {
      if (mine.signal.aborted) return null
      throw error
    } finally {
      busy.value = false
      controller = null
      task = ''
    }
  }

  return { busy, fraction, run, cancel: () => controller?.abort() }
}
