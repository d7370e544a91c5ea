/** True from the frame after a component is mounted, for what may not hold up what stands beside it. */
import { onMounted, type Ref, ref } from 'vue'

export function useAfterPaint(): Readonly<Ref<boolean>> {
  const painted = ref(false)
  onMounted(() =>
    requestAnimationFrame(() =>
      setTimeout(() => {
        painted.value = true
      }),
    ),
  )
  return painted
}
