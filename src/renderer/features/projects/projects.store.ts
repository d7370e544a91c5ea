/** Projects, those in the trash, and what can be done with them. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ErrorReport, Project } from '../../../contract'
import { api } from '../../app/client'
import { readError } from '../../app/errors'
import { onEvents } from '../../app/events'
import { useSettings } from '../../app/settings.store'

export const useProjects = defineStore('projects', () => {
  const projects = shallowRef<readonly Project[]>([])
  const trash = shallowRef<readonly Project[]>([])
  const loaded = ref(false)
  const error = ref<ErrorReport | null>(null)

  async function load(): Promise<void> {
    try {
      const [live, deleted] = await Promise.all([
        api().projects.list({ deleted: false }),
        api().projects.list({ deleted: true }),
      ])
      projects.value = live
      trash.value = deleted.filter((project) => project.deletedAt !== null)
      error.value = null
    } catch (thrown) {
      error.value = readError(thrown)
    }
    loaded.value = true
  }

  const byId = (id: string): Project | undefined => projects.value.find((project) => project.id === id)
  const tags = computed(() => [...new Set(projects.value.flatMap((project) => project.tags))].sort())

  async function create(name: string, goal: string): Promise<Project> {
    const project = await api().projects.create({ name, goal })
    await load()
    return project
  }

  async function update(
    id: string,
    change: { name?: string; goal?: string; tags?: string[]; archived?: boolean },
  ): Promise<void> {
    await api().projects.update({ id, ...change })
    await load()
  }

  async function remove(id: string): Promise<void> {
    await api().projects.remove({ id })
    await load()
  }

  async function restore(id: string): Promise<void> {
    await api().projects.restore({ id })
    await load()
  }

  /** Verified by the services before anything of it is kept. Answers the new project and the data that is not here. */
  async function openArchive(
    source: ({ path: string } | { file: Blob }) & { task: string },
    signal: AbortSignal,
  ): Promise<{ project: Project; missing: string[] }> {
    const opened = await api().projects.importArchive(source, { signal })
    // Its pins, colours, views and charts came along.
    await Promise.all([load(), useSettings().load()])
    return opened
  }

  onEvents(
    (event) => {
      if (event.type === 'projects-changed' || event.type === 'project-changed') void load()
    },
    () => void load(),
  )

  return { projects, trash, loaded, error, tags, load, byId, create, update, remove, restore, openArchive }
})
