/** A list of a project's things that is read once, kept fresh by events, and answers by id. */
import { computed, type Ref, ref, shallowRef } from 'vue'
import type { ErrorReport } from '../../contract'
import { readError } from './errors'
import { onEvents } from './events'

interface Item {
  readonly id: string
}

export function createProjectList<T extends Item>(read: (projectId: string) => Promise<T[]>) {
  const projectId: Ref<string> = ref('')
  const items = shallowRef<readonly T[]>([])
  const loading = ref(false)
  const error = ref<ErrorReport | null>(null)
  const byIdMap = computed(() => new Map(items.value.map((item) => [item.id, item])))
  let turn = 0

  async function reload(): Promise<void> {
    if (projectId.value === '') return
    const mine = ++turn
    try {
      const list = await read(projectId.value)
      // A later question has been asked meanwhile: its answer counts.
      if (mine !== turn) return
      items.value = list
      error.value = null
    } catch (thrown) {
      if (mine === turn) error.value = readError(thrown)
    } finally {
      if (mine === turn) loading.value = false
    }
  }

  async function open(id: string): Promise<void> {
    if (projectId.value === id) return
    projectId.value = id
    items.value = []
    loading.value = true
    await reload()
  }

  onEvents(
    (event) => {
      if (event.type === 'project-changed' && event.projectId === projectId.value) void reload()
    },
    () => void reload(),
  )

  const byId = (id: string | null | undefined): T | undefined => (id ? byIdMap.value.get(id) : undefined)
  return { projectId, items, loading, error, open, reload, byId }
}
