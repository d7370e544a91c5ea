/** Asks the worker for a layout; a newer graph makes the older answer void. */
import { onScopeDispose, type Ref, ref, shallowRef, watch } from 'vue'
import type { LayoutResult } from './layout'
import type { ModelGraph } from './model-graph'

export function useLayout(graph: Readonly<Ref<ModelGraph>>) {
  const layout = shallowRef<LayoutResult | null>(null)
  const failed = ref(false)
  let worker: Worker | undefined

  const stop = () => {
    worker?.terminate()
    worker = undefined
  }

  watch(
    graph,
    (of) => {
      stop()
      layout.value = null
      failed.value = false
      const started = new Worker(new URL('./layout.worker.ts', import.meta.url), { type: 'module' })
      worker = started
      started.onmessage = (event: MessageEvent<LayoutResult>) => {
        layout.value = event.data
        stop()
      }
      started.onerror = () => {
        failed.value = true
        stop()
      }
      started.postMessage(of.input)
    },
    { immediate: true },
  )
  onScopeDispose(stop)
  return { layout, failed }
}
