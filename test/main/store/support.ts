/** A store in a folder of its own, and a project with what a run needs. */
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { openStore, type Store } from '../../../src/main/store/index'
import { temporaryFolder } from '../support/folders'
import { config, dataset, model } from '../support/values'

export function openTemporary(path = join(temporaryFolder(), 'espalier.db')): Store & { readonly path: string } {
  const store = openStore(path)
  onTestFinished(() => store.close())
  return { ...store, path }
}

export function seeded(store: Store) {
  const project = store.projects.create({ name: 'P', goal: 'small' })
  const net = store.models.create(model(project.id))
  const data = store.datasets.create(dataset(project.id))
  const queue = (changes = {}) =>
    store.runs.create({
      projectId: project.id,
      modelId: net.id,
      datasetId: data.id,
      name: 'run',
      config: config(changes),
      sweepId: null,
    })
  return { project, net, data, queue }
}
