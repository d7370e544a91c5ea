/** A value that follows another once the change is on the screen, for what is dear to draw and lies beside it. */
import { onScopeDispose, type Ref, type ShallowRef, shallowRef, watch } from 'vue'
import { inTurn, leaveTurn } from './turns'

export function useLater<T>(source: Readonly<Ref<T>>): Readonly<ShallowRef<T>> {
  const later = shallowRef(source.value)
  const own = {}
  watch(source, () =>
    inTurn(own, () => {
      later.value = source.value
    }),
  )
  onScopeDispose(() => leaveTurn(own))
  return later
}
