/**
 * Inner width and height of an element in pixels, 0 until it is laid out. Told by the layout of the frame, before it is
 * painted: asking the element itself when it is mounted would have the page laid out once more for each who asks.
 */
import { useResizeObserver } from '@vueuse/core'
import { type Ref, ref } from 'vue'

export function useBoxSize(box: Readonly<Ref<HTMLElement | null | undefined>>) {
  const width = ref(0)
  const height = ref(0)
  useResizeObserver(box, ([entry]) => {
    if (!entry) return
    width.value = entry.contentRect.width
    height.value = entry.contentRect.height
  })
  return { width, height }
}
