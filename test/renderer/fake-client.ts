/** A client that answers from memory, typed by the contract: for component tests and the preview. */
import type { Export, Reached, Run, RunConfig, WorkbenchEvent } from '../../src/contract'
import { arrangementKeys } from '../../src/contract/arrangement'
import type { Client } from '../../src/renderer/app/client'
import { mapsOf } from './fake/maps'
import { pictureOf } from './fake/pictures'
import { seeded } from './fake/random'
import { classes, environment, latencyOf, makeResult, makeTrace, makeWorld, strategies, type World } from './fake/world'

export interface FakeClient {
  readonly client: Client
  readonly world: World
  /** Broadcasts as the services would. */
  emit(event: WorkbenchEvent): void
  /** Every call so far, as `group.name`. */
  readonly calls: { readonly name: string; readonly input: unknown }[]
  /** Makes the next call of this name fail. */
  failNext(name: string, code: string, message: string): void
}

export interface FakeOptions {
  /** Milliseconds a stage takes when runs are started; 0: they stay queued. */
  readonly pace?: number
  readonly world?: World
}

class Broadcast {
  private readonly waiting = new Set<(event: WorkbenchEvent) => void>()

  emit(event: WorkbenchEvent): void {
    for (const take of this.waiting) take(event)
  }

  async *stream(): AsyncGenerator<WorkbenchEvent> {
    const queue: WorkbenchEvent[] = []
    let wake: (() => void) | undefined
    this.waiting.add((event) => {
      queue.push(event)
      wake?.()
    })
    for (;;) {
      const next = queue.shift()
      if (next) yield next
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  }
}

export const nothingKept = (): Reached => ({
  steps: 0,
  bytes: 0,
  stale: 0,
  keptAt: null,
  decision: null,
  trials: [],
  fittedLayers: 0,
  refitSteps: 0,
  pruned: false,
  kl: null,
  epochs: 0,
  lost: null,
  recovered: false,
})

const fault = (code: string, message: string) => Object.assign(new Error(message), { code, data: {} })

export function createFakeClient({ pace = 0, world = makeWorld() }: FakeOptions = {}): FakeClient {
  const broadcast = new Broadcast()
  const calls: { name: string; input: unknown }[] = []
  const failures = new Map<string, Error>()
  const iso = () => new Date(pace > 0 ? Date.now() : world.now).toISOString()
  const newId = (prefix: string) => `${prefix}-${world.nextId++}`
  const ok = { ok: true as const }
  const find = <T extends { id: string }>(list: readonly T[], id: string): T => {
    const found = list.find((item) => item.id === id)
    if (!found) throw fault('NOT_FOUND', `There is no ${id} here. It may have been deleted; look in the trash.`)
    return found
  }
  const changed = (projectId: string) => broadcast.emit({ type: 'project-changed', projectId })

  function putRun(run: Run): Run {
    world.runs = world.runs.some((other) => other.id === run.id)
      ? world.runs.map((other) => (other.id === run.id ? run : other))
      : [...world.runs, run]
    broadcast.emit({ type: 'run-changed', run })
    return run
  }

  function tellNative(change: Partial<World['native']>): World['native'] {
    world.native = { ...world.native, ...change }
    broadcast.emit({ type: 'native-changed', status: world.native })
    return world.native
  }
  const buildNative = () => tellNative({ building: { fraction: 0.1, step: 'library' }, error: null })

  const stages = ['read', 'analyse', 'observe', 'decide', 'apply', 'verify', 'evaluate'] as const
  function advance(id: string, stage: number): void {
    const run = world.runs.find((one) => one.id === id)
    if (!run || (run.status !== 'queued' && run.status !== 'running')) return
    const name = stages[stage]
    if (name !== undefined) {
      putRun({
        ...run,
        status: 'running',
        startedAt: run.startedAt ?? iso(),
        heardAt: iso(),
        etaSeconds: ((stages.length - stage) * pace) / 1000,
        progress: { stage: name, fraction: stage / stages.length, detail: `Step ${stage + 1} of ${stages.length}` },
        environment: environment(),
      })
      setTimeout(() => advance(id, stage + 1), pace)
      return
    }
    const view = world.views.get(run.modelId)
    if (!view) return
    const random = seeded(world.nextId++ * 31)
    const trace = makeTrace(view, run.config, random)
    world.traces.set(id, trace)
    const result = makeResult(view, run.config, trace, random)
    const model = find(world.models, run.modelId)
    world.models = [
      ...world.models,
      {
        ...model,
        id: `m-${id}`,
        name: `${model.name.replace('.onnx', '')}-${run.config.strategy}`,
        size: result.model.after,
        parentId: model.id,
        runId: id,
        createdAt: iso(),
      },
    ]
    putRun({
      ...run,
      status: 'done',
      progress: { stage: 'done', fraction: 1, detail: 'Done' },
      heardAt: iso(),
      finishedAt: iso(),
      etaSeconds: null,
      result,
      resultModelId: `m-${id}`,
    })
    changed(run.projectId)
    startNext()
  }
  function startNext(): void {
    if (pace === 0 || world.runs.some((run) => run.status === 'running' && run.createdAt >= startedFrom)) return
    const next = world.runs.find((run) => run.status === 'queued' && run.createdAt >= startedFrom)
    if (next) advance(next.id, 0)
  }
  const startedFrom = iso()

  const handlers = {
    projects: {
      list: ({ deleted = false }: { deleted?: boolean }) =>
        world.projects.filter((project) => (project.deletedAt !== null) === deleted),
      get: ({ id }: { id: string }) => find(world.projects, id),
      create: ({ name, goal = '' }: { name: string; goal?: string }) => {
        const project = {
          id: newId('p'),
          name,
          goal,
          tags: [],
          archived: false,
          deletedAt: null,
          sample: false,
          createdAt: iso(),
          updatedAt: iso(),
          counts: { models: 0, datasets: 0, runs: 0 },
          best: null,
        }
        world.projects = [...world.projects, project]
        return project
      },
      update: ({ id, ...change }: { id: string }) => {
        const project = { ...find(world.projects, id), ...change }
        world.projects = world.projects.map((other) => (other.id === id ? project : other))
        return project
      },
      remove: ({ id }: { id: string }) => {
        world.projects = world.projects.map((other) => (other.id === id ? { ...other, deletedAt: iso() } : other))
        return ok
      },
      restore: ({ id }: { id: string }) => {
        world.projects = world.projects.map((other) => (other.id === id ? { ...other, deletedAt: null } : other))
        return find(world.projects, id)
      },
      exportArchive: ({ id, path = null }: { id: string; path?: string | null }) => ({
        fileName: `${find(world.projects, id).name}.espalier.zip`,
        path,
        bytes: 5_300_000,
        file: path === null ? new Blob(['zip']) : null,
      }),
      importArchive: () => {
        const project = { ...find(world.projects, 'p-sample'), id: newId('p'), name: 'Arrived', sample: false }
        world.projects = [...world.projects, project]
        const data = { ...find(world.datasets, 'd-fashion'), id: newId('d'), projectId: project.id, missing: true }
        world.datasets = [...world.datasets, data]
        const chart = { id: 'c', name: 'Brought along', kind: 'bar', x: 'strategy', y: 'drop', split: 'none' }
        const layouts = { ...world.settings.layouts, [arrangementKeys.charts(project.id)]: [chart] }
        world.settings = { ...world.settings, layouts }
        return { project, missing: [data.name] }
      },
    },
    models: {
      list: ({ projectId, deleted = false }: { projectId: string; deleted?: boolean }) =>
        world.models.filter((model) => model.projectId === projectId && (model.deletedAt !== null) === deleted),
      get: ({ id }: { id: string }) => find(world.models, id),
      import: ({ projectId, path, name }: { projectId: string; path?: string; name?: string }) => {
        const source = world.views.get('m-resnet')
        if (!source || path?.endsWith('.txt'))
          throw fault(
            'FORMAT_UNKNOWN',
            `${path} is none of the model formats Espalier reads: it does not begin like ONNX.`,
          )
        const { macs, params, bytes, nodes } = source.inspection
        const model = {
          ...find(world.models, 'm-resnet'),
          id: newId('m'),
          projectId,
          name: name ?? path?.split('/').at(-1) ?? 'model.onnx',
          size: { macs, params, bytes },
          nodes,
          createdAt: iso(),
        }
        world.models = [...world.models, model]
        world.views.set(model.id, source)
        return { model, view: source }
      },
      view: ({ id }: { id: string }) => {
        const view = world.views.get(id) ?? world.views.get('m-vgg')
        if (!view) throw fault('NOT_FOUND', `There is no model ${id}.`)
        return view
      },
      rename: ({ id, name }: { id: string; name: string }) => {
        world.models = world.models.map((model) => (model.id === id ? { ...model, name } : model))
        return find(world.models, id)
      },
      remove: ({ id }: { id: string }) => {
        world.models = world.models.map((model) => (model.id === id ? { ...model, deletedAt: iso() } : model))
        return ok
      },
      restore: ({ id }: { id: string }) => {
        world.models = world.models.map((model) => (model.id === id ? { ...model, deletedAt: null } : model))
        return find(world.models, id)
      },
    },
    imports: {
      unfinished: ({ projectId }: { projectId: string }) => (projectId === 'p-sample' ? world.unfinished : []),
      again: ({ id }: { id: string }) => {
        const { kind } = find(world.unfinished, id)
        world.unfinished = world.unfinished.filter((one) => one.id !== id)
        return { kind, id: kind === 'model' ? 'm-vgg' : 'd-fashion' }
      },
      discard: ({ id }: { id: string }) => {
        world.unfinished = world.unfinished.filter((one) => one.id !== id)
        return ok
      },
    },
    datasets: {
      list: ({ projectId, deleted = false }: { projectId: string; deleted?: boolean }) =>
        world.datasets.filter((dataset) => dataset.projectId === projectId && (dataset.deletedAt !== null) === deleted),
      probe: ({ path }: { path?: string }) => {
        const {
          id: _id,
          projectId: _projectId,
          createdAt: _createdAt,
          deletedAt: _deletedAt,
          ...dataset
        } = find(world.datasets, 'd-fashion')
        return { dataset: { ...dataset, name: path?.split('/').at(-1) ?? 'fashion.npz' }, samples: samples(0, 24, 5) }
      },
      import: ({
        projectId,
        name,
        mean,
        std,
      }: {
        projectId: string
        name?: string
        mean?: number[]
        std?: number[]
      }) => {
        const base = find(world.datasets, 'd-fashion')
        const dataset = {
          ...base,
          id: newId('d'),
          projectId,
          name: name ?? base.name,
          mean: mean ?? base.mean,
          std: std ?? base.std,
          createdAt: iso(),
        }
        world.datasets = [...world.datasets, dataset]
        return dataset
      },
      relocate: ({ id, path }: { id: string; path?: string }) => {
        if (path?.includes('other')) throw fault('CONFLICT', 'This is not the data that it was made from.')
        world.datasets = world.datasets.map(({ missing, ...dataset }) =>
          dataset.id === id ? dataset : { ...dataset, ...(missing ? { missing } : {}) },
        )
        changed(find(world.datasets, id).projectId)
        return find(world.datasets, id)
      },
      preview: ({ offset = 0, count = 48 }: { offset?: number; count?: number }) => samples(offset, count, 9),
      check: ({ modelId }: { modelId: string }) =>
        modelId === 'm-resnet'
          ? { metric: 9.8, name: 'accuracy', chance: 10, samples: 512, plausible: false }
          : { metric: 90.6, name: 'accuracy', chance: 10, samples: 512, plausible: true },
      remove: ({ id }: { id: string }) => {
        world.datasets = world.datasets.map((dataset) =>
          dataset.id === id ? { ...dataset, deletedAt: iso() } : dataset,
        )
        return ok
      },
      restore: ({ id }: { id: string }) => {
        world.datasets = world.datasets.map((dataset) =>
          dataset.id === id ? { ...dataset, deletedAt: null } : dataset,
        )
        return find(world.datasets, id)
      },
    },
    runs: {
      list: ({ projectId, deleted = false }: { projectId: string; deleted?: boolean }) =>
        world.runs.filter((run) => run.projectId === projectId && (run.deletedAt !== null) === deleted),
      table: (asked: { projectId: string; deleted?: boolean; after?: string; count?: number }) => {
        const { projectId, deleted = false, after = '0', count = 10_000 } = asked
        const all = world.runs
          .filter((run) => run.projectId === projectId && (run.deletedAt !== null) === deleted)
          .toSorted((a, b) => b.createdAt.localeCompare(a.createdAt))
        const runs = all.slice(Number(after), Number(after) + count)
        const environments = [...new Set(runs.flatMap((run) => run.environment ?? []))]
        const text = JSON.stringify({
          total: all.length,
          next: Number(after) + count < all.length ? String(Number(after) + count) : null,
          environments,
          runs: runs.map((run) => ({
            ...run,
            result: run.result && { ...run.result, rounds: [], kept: {} },
            environment: run.environment && environments.indexOf(run.environment),
          })),
        })
        // Answers at once, which the Blob of a browser that is none does not.
        return Object.assign(new Blob([]), { text: async () => text })
      },
      tag: ({ ids, add, remove }: { ids: string[]; add: string[]; remove: string[] }) => {
        world.runs = world.runs.map((run) =>
          ids.includes(run.id)
            ? { ...run, tags: [...new Set([...run.tags.filter((tag) => !remove.includes(tag)), ...add])] }
            : run,
        )
        return ok
      },
      get: ({ id }: { id: string }) => find(world.runs, id),
      start: ({
        projectId,
        modelId,
        datasetId,
        configs,
        name = '',
      }: {
        projectId: string
        modelId: string
        datasetId: string
        configs: RunConfig[]
        name?: string
      }) => {
        const sweepId = configs.length > 1 ? newId('s') : null
        const made = configs.map(
          (config): Run => ({
            id: newId('r'),
            projectId,
            modelId,
            datasetId,
            name,
            config,
            status: 'queued',
            progress: null,
            heardAt: null,
            etaSeconds: null,
            result: null,
            error: null,
            environment: null,
            resultModelId: null,
            sweepId,
            tags: [],
            notes: '',
            deletedAt: null,
            createdAt: iso(),
            startedAt: null,
            finishedAt: null,
          }),
        )
        for (const run of made) {
          world.traces.set(run.id, { steps: [], checkpoints: [], groups: [], correlation: { groups: [], values: [] } })
          putRun(run)
        }
        startNext()
        return made
      },
      cancel: ({ id }: { id: string }) => putRun({ ...find(world.runs, id), status: 'cancelled', finishedAt: iso() }),
      measureLatency: ({ ids }: { ids: string[] }) =>
        ids.map((id) => {
          const run = find(world.runs, id)
          return putRun({
            ...run,
            latency: latencyOf((2 * (run.result?.model.after.macs ?? 0)) / (run.result?.model.before.macs ?? 1)),
          })
        }),
      reached: ({ id }: { id: string }) => {
        find(world.runs, id)
        return world.reached.get(id) ?? nothingKept()
      },
      advance: ({ id }: { id: string }) => putRun(find(world.runs, id)),
      resume: ({ id }: { id: string }) => {
        const run = putRun({ ...find(world.runs, id), status: 'queued', error: null })
        if (pace > 0) advance(id, 3)
        return run
      },
      update: ({ id, ...change }: { id: string }) => putRun({ ...find(world.runs, id), ...change }),
      remove: ({ ids }: { ids: string[] }) => {
        world.runs = world.runs.map((run) => (ids.includes(run.id) ? { ...run, deletedAt: iso() } : run))
        return ok
      },
      restore: ({ ids }: { ids: string[] }) => {
        world.runs = world.runs.map((run) => (ids.includes(run.id) ? { ...run, deletedAt: null } : run))
        return ok
      },
      trace: ({ id }: { id: string }) =>
        world.traces.get(id) ?? { steps: [], checkpoints: [], groups: [], correlation: { groups: [], values: [] } },
      featureMaps: ({ id, group, index }: { id: string; group: string; index: number }) =>
        mapsOf(world.traces.get(id), group, index),
      metrics: ({ id }: { id: string }) => world.metrics.get(id) ?? [],
      log: ({ id }: { id: string }) => world.logs.get(id) ?? [],
      estimate: ({ modelId, keepMacs }: { modelId: string; keepMacs: number[] }) => {
        const { size } = find(world.models, modelId)
        return keepMacs.map((keep) => ({
          keepMacs: keep,
          macs: Math.round(size.macs * Math.max(keep, 0.04) * 0.994),
          params: Math.round(size.params * keep * 0.98),
          bytes: Math.round(size.bytes * keep * 0.98),
        }))
      },
      strategies: () => strategies,
    },
    comparisons: {
      list: ({ projectId }: { projectId: string }) =>
        world.comparisons.filter((comparison) => comparison.projectId === projectId),
      save: (input: { projectId: string; name: string; runIds: string[]; baselineRunId: string | null }) => {
        const comparison = { ...input, id: newId('c'), createdAt: iso(), updatedAt: iso() }
        world.comparisons = [...world.comparisons, comparison]
        return comparison
      },
      remove: ({ id }: { id: string }) => {
        world.comparisons = world.comparisons.filter((comparison) => comparison.id !== id)
        return ok
      },
      disagreements: ({ runIds }: { runIds: string[] }) => {
        const random = seeded(4)
        const original = classes.map((_name, label) => (label === 6 ? 74 : 88 + random() * 11))
        return {
          classes,
          original,
          confusion: confusionOf(runIds),
          perClass: runIds.map((runId) => ({ runId, accuracy: original.map((value) => value - random() * 5) })),
          samples: samples(0, 12, 3).map((sample) => ({
            sample,
            original: sample.label ?? 0,
            predictions: runIds.map((runId) => ({
              runId,
              label: random() > 0.5 ? (sample.label ?? 0) : Math.floor(random() * 10),
            })),
          })),
          differences: null,
        }
      },
      report: ({ format }: { format: 'html' | 'csv' | 'json' }) => ({
        fileName: `comparison.${format}`,
        content: format === 'json' ? '{}' : 'name',
      }),
    },
    exports: {
      list: ({ projectId }: { projectId: string }) => world.exports.filter((item) => item.projectId === projectId),
      create: async ({
        modelId,
        formats,
        precision,
      }: Pick<Export, 'modelId' | 'precision'> & { formats: Export['format'][] }) => {
        if (pace > 0) await new Promise((resolve) => setTimeout(resolve, 600))
        const model = find(world.models, modelId)
        const run = model.runId ? find(world.runs, model.runId) : undefined
        const made = formats.map(
          (format): Export => ({
            id: newId('e'),
            projectId: model.projectId,
            runId: model.runId,
            modelId,
            createdAt: iso(),
            format,
            precision,
            path: `/home/me/.local/share/espalier/exports/${model.name}/${format === 'onnx' ? 'model.onnx' : 'model.json'}`,
            bytes: model.size.bytes + 4200,
            maxAbsError: 3.1e-6,
            maxRelError: 8.4e-7,
            passed: true,
            checkedBy: format === 'onnx' ? 'onnxruntime-node 1.30.0 (CPU)' : 'TensorFlow.js 4.22.0 (cpu backend)',
            metric: run?.result?.result.afterRecovery ?? 90.7,
            latency: [
              ...(format === 'onnx'
                ? [
                    {
                      runtime: 'onnxruntime-node 1.30.0',
                      batch: 1,
                      rounds: 50,
                      before: { median: 1.42, low: 1.36, high: 1.71 },
                      after: { median: 0.61, low: 0.58, high: 0.74 },
                    },
                  ]
                : []),
              {
                runtime: 'Espalier, wasm',
                batch: 1,
                rounds: 50,
                before: { median: 3.31, low: 3.2, high: 3.9 },
                after: { median: 3.28, low: 3.1, high: 3.8 },
              },
            ],
          }),
        )
        world.exports = [...world.exports, ...made]
        return made
      },
      kit: ({ id }: { id: string }) => [
        {
          name: 'run.py',
          content:
            '# pip install onnxruntime numpy; then: python run.py\nimport numpy as np\nimport onnxruntime as ort\n\nsession = ort.InferenceSession("model.onnx")\n',
        },
        { name: 'proof.json', content: JSON.stringify(find(world.exports, id), null, 2) },
        {
          name: 'recipe.sh',
          content: '#!/bin/sh\nespalier compress fashion-vgg.onnx --data fashion.npz --keep-macs 0.3\n',
        },
      ],
      bundle: () => ({ fileName: 'model.zip', file: new Blob(['zip']) }),
      download: () => ({ fileName: 'model.zip', file: new Blob(['zip']) }),
    },
    app: {
      doctor: () => world.doctor,
      storage: () => ({
        dataFolder: world.doctor.dataFolder,
        totalBytes: 48_300_000,
        databaseBytes: 9_400_000,
        exportBytes: 3_100_000,
        unusedBytes: 120_000,
        projects: world.projects.map((project, at) => ({
          projectId: project.id,
          name: project.name,
          deleted: project.deletedAt !== null,
          models: Math.round(21_000_000 / (at * at + 1)),
          data: at === 0 ? 11_200_000 : 0,
          runs: at === 0 ? 840_000 : 0,
        })),
      }),
      native: () => world.native,
      buildNative: () => buildNative(),
      cancelNative: () => tellNative({ building: null }),
      diagnostics: () => ({ fileName: 'espalier-diagnostics.zip', file: new Blob(['zip']) }),
      settings: () => world.settings,
      saveSettings: ({ layouts, ...change }: Partial<World['settings']>) => {
        world.settings = { ...world.settings, ...change, layouts: { ...world.settings.layouts, ...layouts } }
        return world.settings
      },
      emptyTrash: ({ projectId }: { projectId?: string }) => {
        const stays = (item: { deletedAt: string | null; projectId: string }) =>
          item.deletedAt === null || (projectId !== undefined && item.projectId !== projectId)
        const before = world.runs.length + world.models.length + world.datasets.length
        world.runs = world.runs.filter(stays)
        world.models = world.models.filter(stays)
        world.datasets = world.datasets.filter(stays)
        return {
          removed: before - world.runs.length - world.models.length - world.datasets.length,
          freedBytes: 1_200_000,
        }
      },
      pickPath: () => null,
      shell: () => ({ kind: 'server' as const, canPickPaths: false, platform: 'linux' }),
    },
  }

  /** Errors sit between classes that look alike; a smaller network makes some more of them. */
  function confusionOf(runIds: string[]) {
    const counts = (seed: number, worse: number) => {
      const random = seeded(seed)
      return classes.map((_name, label) =>
        classes.map((_other, named) => {
          const alike = [0, 2, 4, 6].includes(label) && [0, 2, 4, 6].includes(named)
          return label === named
            ? 170 - Math.round(30 * worse * random())
            : Math.round((alike ? 9 : 1.4) * worse * random())
        }),
      )
    }
    return { original: counts(5, 1), runs: runIds.map((runId, at) => ({ runId, counts: counts(50 + at, 1.5) })) }
  }

  function samples(offset: number, count: number, seed: number) {
    const random = seeded(seed + offset)
    return Array.from({ length: count }, (_value, at) => {
      const label = Math.floor(random() * 10)
      return { index: offset + at, label, image: pictureOf(label, random) }
    })
  }

  const wrapped = Object.fromEntries(
    Object.entries(handlers).map(([group, procedures]) => [
      group,
      Object.fromEntries(
        Object.entries(procedures).map(([procedure, handle]) => [
          procedure,
          async (input: unknown) => {
            const name = `${group}.${procedure}`
            calls.push({ name, input })
            const failure = failures.get(name)
            failures.delete(name)
            if (failure) throw failure
            // As over a wire: nothing is shared between the two sides.
            const answer: unknown = await (handle as (value: unknown) => unknown)(input ?? {})
            return answer instanceof Blob ? answer : structuredClone(answer)
          },
        ]),
      ),
    ]),
  )
  // Built from the handlers above, whose keys a test compares with the contract's.
  const client = { ...wrapped, events: async () => broadcast.stream() } as unknown as Client
  return {
    client,
    world,
    calls,
    emit: (event) => broadcast.emit(event),
    failNext: (name, code, message) => failures.set(name, fault(code, message)),
  }
}
