/** Projects, those in the trash, and what can be done with them. */
import { defineStore } from 'pinia'
import { computed, ref, shallowRef } from 'vue'
import type { ErrorReport, Project } from '../../../contract'
import { api } from '../../app/client'
import { readError } from '../../app/errors'
import { onEvents } from '../../app/events'
import { resolveLanguage } from '../../app/locale/i18n'
import { useSettings } from '../../app/settings.store'
import { inLanguage } from './sample-project'

export const useProjects = defineStore('projects', () => {
  const settings = useSettings()
  const kept = shallowRef<readonly Project[]>([])
  const thrown = shallowRef<readonly Project[]>([])
  const language = computed(() => resolveLanguage(settings.language, navigator.languages))
  const projects = computed(() => kept.value.map((project) => inLanguage(project, language.value)))
  const trash = computed(() => thrown.value.map((project) => inLanguage(project, language.value)))
  const loaded = ref(false)
  const error = ref<ErrorReport | null>(null)

  async function load(): Promise<void> {
    try {
      const [live, deleted] = await Promise.all([
        api().projects.list({ deleted: false }),
        api().projects.list({ deleted: true }),
      ])
      kept.value = live
      thrown.value = deleted.filter((project) => project.deletedAt !== null)
      error.value = null
    } catch (failed) {
      error.value = readError(failed)
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
    await Promise.all([load(), settings.load()])
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
