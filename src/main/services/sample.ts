/** Opens the sample project at first start; a start that was cut short in the middle is gone on with. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { z } from 'zod'
import type { Project } from '../../contract/entities'
import { projectChanged, type ServiceContext } from './context'
import type { DatasetService } from './datasets'
import type { ModelService } from './models'

const flag = 'sample-opened'

/** resources/sample/sample.json. File names are relative to its folder. */
export const sampleManifestSchema = z.object({
  name: z.string().min(1),
  goal: z.string(),
  model: z.string(),
  data: z.string(),
})

const nameOf = (file: string): string => basename(file).replace(/\.[^.]+$/, '')

/** Does nothing where it was done before, even if the person has removed the sample since. */
export async function openSample(
  context: ServiceContext,
  models: ModelService,
  datasets: DatasetService,
  folder: string,
): Promise<Project | null> {
  const { store } = context
  if (store.settings.flag(flag)) return null
  const manifest = sampleManifestSchema.parse(JSON.parse(await readFile(join(folder, 'sample.json'), 'utf8')))
  const project =
    store.projects.list().find((existing) => existing.sample) ??
    store.projects.create({ name: manifest.name, goal: manifest.goal, sample: true })
  projectChanged(context, project.id)
  const { model, data } = manifest
  if (store.models.list(project.id).length === 0) {
    await models.importFrom(
      join(folder, model),
      { projectId: project.id, name: nameOf(model), parentId: null, runId: null },
      basename(model),
    )
  }
  if (store.datasets.list(project.id).length === 0) {
    // Copied in, because the product's own folder may move with the next version.
    await datasets.importFrom({
      projectId: project.id,
      name: nameOf(data),
      path: join(folder, data),
      fileName: basename(data),
      copy: true,
    })
  }
  store.settings.setFlag(flag)
  return store.projects.get(project.id)
}
