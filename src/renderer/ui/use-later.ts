/** A value that follows another once the change is on the screen, for what is dear to draw and lies beside it. */
import { onScopeDispose, type Ref, type ShallowRef, shallowRef, watch } from 'vue'

export function useLater<T>(source: Readonly<Ref<T>>): Readonly<ShallowRef<T>> {
  const later = shallowRef(source.value)
  let frame = 0
  let timer = 0
  const forget = () => {
    cancelAnimationFrame(frame)
    window.clearTimeout(timer)
  }
  watch(source, () => {
    forget()
    // A frame's own callbacks come before it is painted, a timer set in one after.
    frame = requestAnimationFrame(() => {
      timer = window.setTimeout(() => {
        later.value = source.value
      })
    })
  })
  onScopeDispose(forget)
  return later
}
