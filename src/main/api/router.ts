/** Binds the contract to the services, call by call. */
import { implement } from '@orpc/server'
import { contract } from '../../contract/api'
import type { Services } from '../services/index'

const ok = { ok: true } as const

/** Calls that the open database alone answers. */
const reads = new Set([
  ...['list', 'get', 'table', 'trace', 'metrics', 'log', 'view', 'kit', 'unfinished', 'strategies'],
  ...['settings', 'shell', 'native', 'events'],
])

/** Calls that write files, or lead to some. */
const files = new Set(['import', 'importArchive', 'again', 'relocate', 'start', 'resume', 'create'])

/** One router for every shell. Errors are mapped by `handlerOptions`, which each shell hands to its RPC handler. */
export function createRouter(services: Services) {
  const api = implement(contract).use(({ path, next }) => {
    // What was read before can still be looked at; whatever writes or computes needs the data folder.
    const name = path.at(-1) ?? ''
    if (files.has(name)) services.requireRoom()
    else if (!reads.has(name)) services.requireHome()
    return next()
  })
  const {
    projects,
    models,
    datasets,
    imports,
    runs,
    latency,
    comparisons,
    exports,
    archive,
    app,
    native,
    events,
    engine,
  } = services
  return api.router({
    projects: {
      list: api.projects.list.handler(({ input }) => projects.list(input.deleted)),
      get: api.projects.get.handler(({ input }) => projects.get(input.id)),
      create: api.projects.create.handler(({ input }) => projects.create(input)),
      update: api.projects.update.handler(({ input: { id, ...changes } }) => projects.update(id, changes)),
      remove: api.projects.remove.handler(({ input }) => {
        projects.remove(input.id)
        return ok
      }),
      restore: api.projects.restore.handler(({ input }) => projects.restore(input.id)),
      exportArchive: api.projects.exportArchive.handler(({ input: { id, ...rest }, signal }) =>
        archive.write(id, rest, signal),
      ),
      importArchive: api.projects.importArchive.handler(({ input, signal }) => archive.open(input, signal)),
    },
    models: {
      list: api.models.list.handler(({ input }) => models.list(input.projectId, input.deleted)),
      get: api.models.get.handler(({ input }) => models.get(input.id)),
      import: api.models.import.handler(({ input, signal }) => models.import(input, signal)),
      view: api.models.view.handler(({ input }) => models.view(input.id)),
      rename: api.models.rename.handler(({ input }) => models.rename(input.id, input.name)),
      remove: api.models.remove.handler(({ input }) => {
        models.remove(input.id)
        return ok
      }),
      restore: api.models.restore.handler(({ input }) => models.restore(input.id)),
    },
    datasets: {
      list: api.datasets.list.handler(({ input }) => datasets.list(input.projectId, input.deleted)),
      probe: api.datasets.probe.handler(({ input, signal }) => datasets.probe(input, signal)),
      import: api.datasets.import.handler(({ input, signal }) => datasets.import(input, signal)),
      preview: api.datasets.preview.handler(({ input }) =>
        datasets.preview(input.id, input.split, input.offset, input.count),
      ),
      check: api.datasets.check.handler(({ input, signal }) => datasets.check(input, signal)),
      relocate: api.datasets.relocate.handler(({ input: { id, ...given }, signal }) =>
        datasets.relocate(id, given, signal),
      ),
      remove: api.datasets.remove.handler(({ input }) => {
        datasets.remove(input.id)
        return ok
      }),
      restore: api.datasets.restore.handler(({ input }) => datasets.restore(input.id)),
    },
    imports: {
      unfinished: api.imports.unfinished.handler(({ input }) => imports.list(input.projectId)),
      again: api.imports.again.handler(({ input, signal }) => imports.again(input.id, input.task, signal)),
      discard: api.imports.discard.handler(async ({ input }) => {
        await imports.discard(input.id)
        return ok
      }),
    },
    runs: {
      list: api.runs.list.handler(({ input }) => runs.list(input.projectId, input.deleted)),
      table: api.runs.table.handler(({ input }) => runs.table(input.projectId, input.deleted, input)),
      get: api.runs.get.handler(({ input }) => runs.get(input.id)),
      start: api.runs.start.handler(({ input }) => runs.start(input)),
      cancel: api.runs.cancel.handler(({ input }) => runs.cancel(input.id)),
      advance: api.runs.advance.handler(({ input }) => runs.advance(input.id)),
      resume: api.runs.resume.handler(({ input }) => runs.resume(input.id)),
      update: api.runs.update.handler(({ input: { id, ...changes } }) => runs.update(id, changes)),
      tag: api.runs.tag.handler(({ input: { ids, ...change } }) => {
        runs.tag(ids, change)
        return ok
      }),
      remove: api.runs.remove.handler(({ input }) => {
        runs.remove(input.ids)
        return ok
      }),
      restore: api.runs.restore.handler(({ input }) => {
        runs.restore(input.ids)
        return ok
      }),
      trace: api.runs.trace.handler(({ input }) => runs.trace(input.id)),
      measureLatency: api.runs.measureLatency.handler(({ input, signal }) => latency.measure(input, signal)),
      reached: api.runs.reached.handler(({ input }) => runs.reached(input.id)),
      featureMaps: api.runs.featureMaps.handler(({ input: { id, ...request } }) => runs.featureMaps(id, request)),
      metrics: api.runs.metrics.handler(({ input }) => runs.metrics(input.id, input.names, input.most)),
      log: api.runs.log.handler(({ input }) => runs.log(input.id)),
      estimate: api.runs.estimate.handler(({ input }) => runs.estimate(input)),
      strategies: api.runs.strategies.handler(() => runs.strategies()),
    },
    comparisons: {
      list: api.comparisons.list.handler(({ input }) => comparisons.list(input.projectId)),
      save: api.comparisons.save.handler(({ input }) => comparisons.save(input)),
      remove: api.comparisons.remove.handler(({ input }) => {
        comparisons.remove(input.id)
        return ok
      }),
      disagreements: api.comparisons.disagreements.handler(({ input, signal }) =>
        comparisons.disagreements(input, signal),
      ),
      report: api.comparisons.report.handler(({ input }) => comparisons.report(input)),
    },
    exports: {
      list: api.exports.list.handler(({ input }) => exports.list(input.projectId)),
      create: api.exports.create.handler(({ input, signal }) => exports.create(input, signal)),
      kit: api.exports.kit.handler(({ input }) => exports.kit(input.id)),
      bundle: api.exports.bundle.handler(({ input }) => exports.bundle(input.ids)),
      download: api.exports.download.handler(({ input }) => exports.download(input.id)),
    },
    app: {
      doctor: api.app.doctor.handler(() => app.doctor()),
      native: api.app.native.handler(() => native.status()),
      buildNative: api.app.buildNative.handler(() => native.build()),
      cancelNative: api.app.cancelNative.handler(() => native.cancel()),
      storage: api.app.storage.handler(() => app.storage()),
      diagnostics: api.app.diagnostics.handler(() => app.diagnostics()),
      settings: api.app.settings.handler(() => app.settings()),
      saveSettings: api.app.saveSettings.handler(({ input }) => app.saveSettings(input)),
      emptyTrash: api.app.emptyTrash.handler(({ input }) => app.emptyTrash(input?.projectId)),
      pickPath: api.app.pickPath.handler(({ input }) => app.pickPath(input.kind, input.suggested)),
      shell: api.app.shell.handler(() => app.shell()),
    },
    events: api.events.handler(async function* ({ signal }) {
      const subscription = events.subscribe(signal)
      try {
        yield { type: 'engine-state', state: engine.state() } as const
        yield* subscription
      } finally {
        await subscription.return?.()
      }
    }),
  })
}
export type ApiRouter = ReturnType<typeof createRouter>
