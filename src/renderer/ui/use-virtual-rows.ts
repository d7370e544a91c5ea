/** Which rows of equal height are in sight of a scrolling box. */
import { computed, type MaybeRefOrGetter, type Ref, ref, toValue } from 'vue'
import { useBoxSize } from './use-box-size'

const margin = 8

export function useVirtualRows<T>(
  box: Readonly<Ref<HTMLElement | null>>,
  rows: MaybeRefOrGetter<readonly T[]>,
  rowHeight: number,
) {
  const { height } = useBoxSize(box)
  const top = ref(0)
  const first = computed(() => Math.max(0, Math.floor(top.value / rowHeight) - margin))
  const visible = computed(() => {
    const last = Math.ceil((top.value + height.value) / rowHeight) + margin
    return toValue(rows)
      .slice(first.value, last)
      .map((row, offset) => ({ row, index: first.value + offset, y: (first.value + offset) * rowHeight }))
  })
  const total = computed(() => toValue(rows).length * rowHeight)
  const onScroll = (event: Event) => {
    top.value = (event.target as HTMLElement).scrollTop
  }
  return { visible, total, onScroll }
}
