/** Models: read and checked by the engine, kept in the artifact store, shown from what was understood. */
import type { Model, ModelView } from '../../contract/entities'
import { EspalierError } from '../../contract/errors'
import type { JobOutput, ModelFile } from '../engine/index'
import type { StoredFile } from '../store/index'
import { projectChanged, type ServiceContext } from './context'
import type { ImportJournal } from './import-journal'
import { createTask, type Task } from './tasks'
import type { GivenFile, LocalFile } from './uploads'

type Facts = JobOutput<'inspect'>

const withoutExtension = (name: string): string => name.replace(/\.(onnx|json|h5|keras)$/i, '') || name

export interface KeptModel {
  readonly projectId: string
  readonly name: string
  readonly parentId: string | null
  readonly runId: string | null
}

/** A network that a person brings. */
export interface ModelRequest {
  readonly projectId: string
  readonly name?: string | undefined
}

export function modelService(context: ServiceContext, journal: ImportJournal) {
  const { store, artifacts, engine, product } = context

  /** Copies every file of a model in; a file that changed while it was read is refused. */
  const keepFiles = async (facts: Facts, task: Task): Promise<StoredFile[]> => {
    const kept: StoredFile[] = []
    const watch = await task.copying(facts.files.map(({ path }) => path))
    for (const file of facts.files) {
      const { hash } = await artifacts.putFile(file.path, watch)
      if (file.hash !== undefined && file.hash !== hash) {
        throw new EspalierError(
          'CONFLICT',
          `${file.name} changed while it was being read. Wait until the program that writes it is done, then import it again.`,
        )
      }
      kept.push({ name: file.name, hash })
    }
    return kept
  }

  /** Where the engine finds a model's files. */
  const filesOf = (id: string): ModelFile[] =>
    store.models.files(id).map(({ name, hash }) => ({ name, hash, path: artifacts.pathOf(hash) }))

  const setDeleted = (id: string, at: string | null): Model => {
    const model = store.models.setDeleted(id, at)
    projectChanged(context, model.projectId)
    return model
  }

  /** Reads, checks and keeps the model at a path, with everything that lies beside it and belongs to it. */
  const importFrom = async (
    path: string,
    entry: KeptModel,
    name: string,
    task: Task = createTask(context, undefined, undefined),
  ): Promise<{ model: Model; view: ModelView }> => {
    const facts = await engine.run('inspect', { files: [{ name, path }] }, task.part(0, 0.6).job)
    const files = await keepFiles(facts, task.part(0.6, 1))
    const model = store.transaction(() => {
      const created = store.models.create({
        ...entry,
        format: facts.format,
        size: facts.size,
        nodes: facts.nodes,
        files,
      })
      store.models.keepView(created.id, product, facts.view)
      return created
    })
    projectChanged(context, model.projectId)
    return { model, view: facts.view }
  }

  const bring = ({ projectId, name: wanted }: ModelRequest, { path, name }: LocalFile, task: Task) => {
    task.check()
    const entry = { projectId, name: wanted ?? withoutExtension(name), parentId: null, runId: null }
    return importFrom(path, entry, name, task)
  }

  const view = async (id: string): Promise<ModelView> => {
    const kept = store.models.view(id, product)
    if (kept) return kept
    const facts = await engine.run('inspect', { files: filesOf(id) })
    store.models.keepView(id, product, facts.view)
    return facts.view
  }

  return {
    list: (projectId: string, deleted = false): Model[] => store.models.list(projectId, deleted),
    get: (id: string): Model => store.models.get(id),
    filesOf,
    view,
    importFrom,
    /** Called off by `signal`, nothing is on record. @throws what reading throws; CANCELLED */
    async import(input: GivenFile & ModelRequest & { task?: string | undefined }, signal?: AbortSignal) {
      store.projects.get(input.projectId)
      const task = createTask(context, input.task, signal)
      return journal.during(input.task, { ...input, kind: 'model' }, input, 'first', (file) => bring(input, file, task))
    },
    bring,
    rename(id: string, name: string): Model {
      const model = store.models.rename(id, name)
      projectChanged(context, model.projectId)
      return model
    },
    /** To the trash. What runs and exports were made from stays readable for them. */
    remove: (id: string): Model => setDeleted(id, new Date().toISOString()),
    restore: (id: string): Model => setDeleted(id, null),
  }
}
export type ModelService = ReturnType<typeof modelService>
