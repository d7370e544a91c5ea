/** A list that follows another when the hand rests, so that what is dear to draw does not hold up every letter. */
import { watchDebounced } from '@vueuse/core'
import { type Ref, type ShallowRef, shallowRef, watch } from 'vue'

/** The first rows are taken at once: nobody waits for a hand that has not moved. */
export function useSettled<T>(source: Readonly<Ref<readonly T[]>>, ms = 150): Readonly<ShallowRef<readonly T[]>> {
  const settled = shallowRef(source.value)
  const take = (list: readonly T[]) => {
    settled.value = list
  }
  watch(source, (list) => {
    if (settled.value.length === 0) take(list)
  })
  watchDebounced(source, take, { debounce: ms })
  return settled
}
