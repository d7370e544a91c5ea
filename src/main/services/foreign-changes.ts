/** Notices what another process (a command line with --project, a second window) has written to the same store. */
import type { ServiceContext } from './context'

const lookMs = 1000

/** Asks every window to read its lists anew when that happens; returns how to stop. */
export function watchForeignChanges({ store, events }: ServiceContext): () => void {
  let seen = store.foreignChanges()
  const timer = setInterval(() => {
    const now = store.foreignChanges()
    if (now === seen) return
    seen = now
    events.emit({ type: 'projects-changed' })
    for (const project of store.projects.list()) events.emit({ type: 'project-changed', projectId: project.id })
  }, lookMs)
  timer.unref()
  return () => clearInterval(timer)
}
