/** Projects: the frame of goal, models, data sets and runs. */
import type { Project } from '../../contract/entities'
import type { ServiceContext } from './context'

interface Changes {
  readonly name?: string | undefined
  readonly goal?: string | undefined
  readonly tags?: readonly string[] | undefined
  readonly archived?: boolean | undefined
}

/** `cancelRuns` ends what waits or runs in a project. */
export function projectService(context: ServiceContext, cancelRuns: (projectId: string) => void) {
  const { store, events } = context
  const announced = (project: Project): Project => {
    events.emit({ type: 'project-changed', projectId: project.id })
    events.emit({ type: 'projects-changed' })
    return project
  }
  return {
    list: (deleted = false): Project[] => store.projects.list(deleted),
    get: (id: string): Project => store.projects.get(id),
    create: (project: { name: string; goal: string }): Project => announced(store.projects.create(project)),
    update: (id: string, changes: Changes): Project => announced(store.projects.update(id, changes)),
    /** To the trash, where it stays for 30 days. */
    remove(id: string): Project {
      cancelRuns(id)
      return announced(store.projects.setDeleted(id, new Date().toISOString()))
    },
    restore: (id: string): Project => announced(store.projects.setDeleted(id, null)),
  }
}
