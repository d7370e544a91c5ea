/** A screen of many sections, one a frame: a number that rises by one after each frame that was painted. */
import { onMounted, onScopeDispose, type Ref, ref } from 'vue'

export function useStages(count: number): Readonly<Ref<number>> {
  const stage = ref(0)
  let frame = 0
  let timer = 0
  const next = () => {
    frame = requestAnimationFrame(() => {
      timer = window.setTimeout(() => {
        stage.value += 1
        if (stage.value < count) next()
      })
    })
  }
  onMounted(next)
  onScopeDispose(() => {
    cancelAnimationFrame(frame)
    window.clearTimeout(timer)
  })
  return stage
}
