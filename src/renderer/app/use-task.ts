/** A call that takes a while: how far it is and how long still, as its events tell, and a way to end it. */
import { onScopeDispose, type Ref, ref } from 'vue'
import { onEvents } from './events'
import { type Pace, usePace } from './use-pace'

let next = 1

export interface Task extends Pace {
  readonly busy: Ref<boolean>
  /** What the call answers; null where it was cancelled. @throws what it throws */
  run<T>(call: (task: string, signal: AbortSignal) => Promise<T>): Promise<T | null>
  cancel(): void
}

export function useTask(): Task {
  const busy = ref(false)
  const { fraction, left, stalledSince, begin, hear, end } = usePace()
  let task = ''
  let controller: AbortController | null = null

  onScopeDispose(
    onEvents((event) => {
      if (event.type === 'task-progress' && event.task === task) hear(event.fraction)
    }),
  )
  onScopeDispose(() => controller?.abort())

  async function run<T>(call: (task: string, signal: AbortSignal) => Promise<T>): Promise<T | null> {
    const mine = new AbortController()
    const name = `${Date.now()}-${next++}`
    controller = mine
    task = name
    busy.value = true
    begin()
    try {
      return await call(name, mine.signal)
    } catch (error) {
      if (mine.signal.aborted) return null
      throw error
    } finally {
      // A later call may have begun meanwhile, and goes on.
      if (task === name) {
        busy.value = false
        controller = null
        task = ''
        end()
      }
    }
  }

  return { busy, fraction, left, stalledSince, run, cancel: () => controller?.abort() }
}
