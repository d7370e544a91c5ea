/** What every service works with. */
import type { ArtifactStore, Layout } from '../artifacts/index'
import type { Engine } from '../engine/index'
import type { Store } from '../store/index'
import type { EventBus } from './events'

export interface ServiceContext {
  readonly store: Store
  readonly artifacts: ArtifactStore
  readonly engine: Engine
  readonly events: EventBus
  readonly layout: Layout
  /** @throws FILE_NOT_FOUND where the data folder is not where it was opened */
  readonly requireHome: () => void
  /** And that files can be written there. @throws STORE_READ_ONLY too */
  readonly requireRoom: () => void
  /** Version of the product; what an older one understood of a model is looked at anew. */
  readonly product: string
}

/** Tells every window that a project's lists and its card have changed. */
export function projectChanged({ store, events }: ServiceContext, projectId: string): void {
  store.projects.touch(projectId)
  events.emit({ type: 'project-changed', projectId })
  events.emit({ type: 'projects-changed' })
}
