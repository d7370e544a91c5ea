/** Runs of other projects that a comparison holds, with what names them: their networks and data sets. Live. */
import { defineStore } from 'pinia'
import { shallowRef } from 'vue'
import type { Dataset, Model, Run } from '../../../contract'
import { api } from '../../app/client'
import { readError } from '../../app/errors'
import { onEvents } from '../../app/events'

interface Room {
  readonly models: readonly Model[]
  readonly datasets: readonly Dataset[]
}

export const useOtherProjects = defineStore('other-projects', () => {
  const runs = shallowRef<ReadonlyMap<string, Run>>(new Map())
  const rooms = shallowRef<ReadonlyMap<string, Room>>(new Map())
  /** Asked for once: those that were emptied from a trash are nowhere. */
  const asked = new Set<string>()

  const byId = (id: string): Run | undefined => runs.value.get(id)
  const find = <T extends { readonly id: string }>(items: (room: Room) => readonly T[], id: string): T | undefined => {
    for (const room of rooms.value.values()) {
      const found = items(room).find((item) => item.id === id)
      if (found) return found
    }
    return undefined
  }

  async function openRoom(projectId: string): Promise<void> {
    const [models, datasets] = await Promise.all([api().models.list({ projectId }), api().datasets.list({ projectId })])
    rooms.value = new Map(rooms.value).set(projectId, { models, datasets })
  }

  async function put(more: readonly Run[]): Promise<void> {
    const unknown = new Set(more.map((run) => run.projectId).filter((id) => !rooms.value.has(id)))
    await Promise.all([...unknown].map(openRoom))
    runs.value = new Map([...runs.value, ...more.map((run) => [run.id, run] as const)])
  }

  /** Reads what an address or a saved comparison names. @throws what the services say but for runs that are gone */
  async function bring(ids: readonly string[]): Promise<void> {
    const wanted = ids.filter((id) => !asked.has(id) && !runs.value.has(id))
    for (const id of wanted) asked.add(id)
    const read = await Promise.all(
      wanted.map((id) =>
        api()
          .runs.get({ id })
          .catch((error: unknown) => {
            if (readError(error).code === 'NOT_FOUND') return null
            asked.delete(id)
            throw error
          }),
      ),
    )
    await put(read.filter((run) => run !== null))
  }

  onEvents((event) => {
    if (event.type === 'run-changed' && runs.value.has(event.run.id)) {
      runs.value = new Map(runs.value).set(event.run.id, event.run)
    } else if (event.type === 'project-changed' && rooms.value.has(event.projectId)) {
      void openRoom(event.projectId).catch(() => {
        // What was read before stays; the next change asks again.
      })
    }
  })

  return {
    byId,
    put,
    bring,
    model: (id: string) => find((room) => room.models, id),
    dataset: (id: string) => find((room) => room.datasets, id),
  }
})
