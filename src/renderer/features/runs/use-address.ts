/** What is searched and how it is grouped lies in the address too: a view is a bookmark, and comes back with Back. */
import { watchDebounced } from '@vueuse/core'
import { computed, onScopeDispose, type WritableComputedRef, watch } from 'vue'
import { type LocationQuery, onBeforeRouteLeave, useRoute, useRouter } from 'vue-router'
import type { GroupField } from '../../../contract/arrangement'
import { groupsFrom } from './groups'

const wordIn = (query: LocationQuery, key: string): string | null => {
  const value = query[key]
  return typeof value === 'string' ? value : null
}

/** An address that says nothing of one of them leaves it as it was. */
export function useAddress(
  filter: WritableComputedRef<string>,
  groups: WritableComputedRef<readonly GroupField[]>,
): void {
  const route = useRoute()
  const router = useRouter()
  const here = route.name
  const present = computed(() => ({ search: filter.value, group: groups.value.join() }))

  watch(
    () => route.query,
    (query) => {
      if (route.name !== here) return
      const [search, group] = [wordIn(query, 'search'), wordIn(query, 'group')]
      if (search !== null && search !== filter.value) filter.value = search
      if (group !== null && group !== present.value.group) groups.value = groupsFrom(group)
    },
    { immediate: true },
  )
  // Until the next screen is read this one is still here, and an address of its own would call the way there off.
  let leaving = false
  onBeforeRouteLeave(() => {
    leaving = true
  })
  onScopeDispose(
    router.afterEach(() => {
      leaving = false
    }),
  )
  // When the hand rests: an address a letter would be slow, and Back would take letters away.
  watchDebounced(
    present,
    ({ search, group }) => {
      if (leaving || route.name !== here) return
      const { search: _search, group: _group, ...others } = route.query
      const query = { ...others, ...(search ? { search } : {}), ...(group ? { group } : {}) }
      if (router.resolve({ query }).fullPath !== route.fullPath) void router.replace({ query })
    },
    { debounce: 250, immediate: true },
  )
}
