/** The API contract: every call a shell can make, bound to services in main/api. */
import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'
import { differencesSchema } from './differences'
import {
  comparisonSchema,
  confusionSchema,
  datasetSchema,
  doctorSchema,
  eventSchema,
  exportSchema,
  logLineSchema,
  metricPointSchema,
  modelSchema,
  modelViewSchema,
  nativeStatusSchema,
  previewSampleSchema,
  projectSchema,
  runSchema,
  settingsSchema,
  storageSchema,
  strategyInfoSchema,
  unfinishedImportSchema,
} from './entities'
import { featureMapsSchema } from './feature-maps'
import { decisionTraceSchema, exportFormats, metricNames, precisions, reachedSchema, runConfigSchema } from './run'

const byId = z.object({ id: z.string() })
const inProject = z.object({ projectId: z.string() })
const listed = inProject.extend({
  /** true: what is in the trash, instead of what is not. */
  deleted: z.boolean().default(false),
})
/** What the platform's dialog is asked for; `archive-save` asks where to write, beginning with the suggested name. */
export const pathKinds = ['model', 'data-file', 'data-folder', 'export-folder', 'archive', 'archive-save'] as const
export type PathKind = (typeof pathKinds)[number]

/**
 * Several files that belong together, where the shell has no paths: names are relative, with `/`. Of a network the first
 * one is opened and the others lie beside it; of data they are a folder.
 */
const givenFiles = z.array(z.object({ name: z.string().min(1), file: z.instanceof(Blob) })).min(1)

/** Where something to import is: exactly one of the three. */
const given = z.object({
  path: z.string().optional(),
  file: z.instanceof(Blob).optional(),
  files: givenFiles.optional(),
})

/** Name that the caller gives a long call: `task-progress` tells how far it is, and ending the call ends the work. */
const task = z.string().optional()

const done = z.object({ ok: z.literal(true) })

export const contract = {
  projects: {
    list: oc.input(z.object({ deleted: z.boolean().default(false) })).output(z.array(projectSchema)),
    get: oc.input(byId).output(projectSchema),
    create: oc
      .input(z.object({ name: z.string().min(1).max(200), goal: z.string().default('') }))
      .output(projectSchema),
    update: oc
      .input(
        byId.extend({
          name: z.string().min(1).max(200).optional(),
          goal: z.string().optional(),
          tags: z.array(z.string()).optional(),
          archived: z.boolean().optional(),
        }),
      )
      .output(projectSchema),
    remove: oc.input(byId).output(done),
    restore: oc.input(byId).output(projectSchema),
    /** The whole project as one zip: into `path`, or as a file where the shell has no paths. */
    exportArchive: oc
      .input(byId.extend({ data: z.enum(['references', 'files']), path: z.string().optional(), task }))
      .output(
        z.object({
          fileName: z.string(),
          path: z.string().nullable(),
          bytes: z.number(),
          file: z.instanceof(Blob).nullable(),
        }),
      ),
    /** Verifies every file by its hash, then adds it as a new project. Exactly one of `path` and `file` is given. */
    importArchive: oc
      .input(z.object({ path: z.string().optional(), file: z.instanceof(Blob).optional(), task }))
      .output(z.object({ project: projectSchema, missing: z.array(z.string()) })),
  },
  models: {
    list: oc.input(listed).output(z.array(modelSchema)),
    get: oc.input(byId).output(modelSchema),
    /** Reads, checks and copies the files into the artifact store. */
    import: oc
      .input(inProject.extend({ ...given.shape, name: z.string().optional(), task }))
      .output(z.object({ model: modelSchema, view: modelViewSchema })),
    view: oc.input(byId).output(modelViewSchema),
    rename: oc.input(byId.extend({ name: z.string().min(1) })).output(modelSchema),
    remove: oc.input(byId).output(done),
    restore: oc.input(byId).output(modelSchema),
  },
  datasets: {
    list: oc.input(listed).output(z.array(datasetSchema)),
    /** Looks at the data without recording it. */
    probe: oc.input(given.extend({ task })).output(
      z.object({
        dataset: datasetSchema.omit({ id: true, projectId: true, createdAt: true, deletedAt: true }),
        samples: z.array(previewSampleSchema),
      }),
    ),
    import: oc
      .input(
        inProject.extend({
          ...given.shape,
          name: z.string().optional(),
          mean: z.array(z.number()).optional(),
          std: z.array(z.number()).optional(),
          task,
        }),
      )
      .output(datasetSchema),
    preview: oc
      .input(
        byId.extend({
          split: z.enum(['train', 'verification', 'test']).default('train'),
          offset: z.number().default(0),
          count: z.number().max(200).default(48),
        }),
      )
      .output(z.array(previewSampleSchema)),
    /** Scores a model on this data, to see whether the preprocessing is right. */
    check: oc.input(byId.extend({ modelId: z.string(), task })).output(
      z.object({
        metric: z.number().nullable(),
        /** What `metric` is. */
        name: z.enum(metricNames),
        chance: z.number().nullable(),
        samples: z.number(),
        plausible: z.boolean(),
      }),
    ),
    /** Says where data lies now that was moved, or is missing after an import; it must be the same by its hash. */
    relocate: oc
      .input(byId.extend({ path: z.string().optional(), file: z.instanceof(Blob).optional(), task }))
      .output(datasetSchema),
    remove: oc.input(byId).output(done),
    restore: oc.input(byId).output(datasetSchema),
  },
  /** Imports that have not ended, of networks and data alike. */
  imports: {
    unfinished: oc.input(inProject).output(z.array(unfinishedImportSchema)),
    /** From its beginning, with the files that were given then. Answers what came of it. */
    again: oc
      .input(byId.extend({ task }))
      .output(z.object({ kind: unfinishedImportSchema.shape.kind, id: z.string() })),
    discard: oc.input(byId).output(done),
  },
  runs: {
    /** `result.kept` and `result.rounds` are empty here, because they are large; `get` has them, and `trace` the widths. */
    list: oc.input(listed).output(z.array(runSchema)),
    /**
     * The same list as JSON text in parts, newest first: `{ environments, runs, total, next }` with the place of each
     * run's environment in the first. `next` is what `after` is for the part behind it; null: there is none.
     */
    table: oc
      .input(listed.extend({ after: z.string().optional(), count: z.number().int().min(1).default(10_000) }))
      .output(z.instanceof(Blob)),
    get: oc.input(byId).output(runSchema),
    /** Queues one run a configuration; they share a sweep id where there are several. */
    start: oc
      .input(
        inProject.extend({
          modelId: z.string(),
          datasetId: z.string(),
          configs: z.array(runConfigSchema).min(1).max(500),
          name: z.string().optional(),
        }),
      )
      .output(z.array(runSchema)),
    cancel: oc.input(byId).output(runSchema),
    /** Puts a queued run before all others that wait. */
    advance: oc.input(byId).output(runSchema),
    /** Goes on from the last kept step. */
    resume: oc.input(byId).output(runSchema),
    update: oc
      .input(
        byId.extend({
          name: z.string().min(1).optional(),
          tags: z.array(z.string()).optional(),
          notes: z.string().optional(),
        }),
      )
      .output(runSchema),
    /** Gives and takes tags of many runs at once. */
    tag: oc
      .input(
        z.object({
          ids: z.array(z.string()),
          add: z.array(z.string()).default([]),
          remove: z.array(z.string()).default([]),
        }),
      )
      .output(done),
    remove: oc.input(z.object({ ids: z.array(z.string()) })).output(done),
    restore: oc.input(z.object({ ids: z.array(z.string()) })).output(done),
    trace: oc.input(byId).output(decisionTraceSchema),
    /** Times the networks of finished runs in turn with what they were pruned from; takes a few seconds a network. */
    measureLatency: oc
      .input(z.object({ ids: z.array(z.string()).min(1).max(500), task: z.string().optional() }))
      .output(z.array(runSchema)),
    /** How far a run that was cancelled, interrupted or failed has come, by what it has kept. */
    reached: oc.input(byId).output(reachedSchema),
    /** Maps of the network before pruning, and what the kept units say about the removed ones. Runs that network. */
    featureMaps: oc
      .input(
        byId.extend({
          group: z.string(),
          /** Node that reads the maps; absent: the first one. */
          layer: z.string().optional(),
          split: z.enum(['train', 'verification', 'test']).default('test'),
          /** As `datasets.preview` numbers the samples. */
          index: z.number().int().min(0),
        }),
      )
      .output(featureMapsSchema),
    /** `most`: so many points a series at the most, the extremes of a longer one; absent: every point. */
    metrics: oc
      .input(byId.extend({ names: z.array(z.string()).optional(), most: z.number().int().min(10).optional() }))
      .output(z.array(metricPointSchema)),
    log: oc.input(byId).output(z.array(logLineSchema)),
    /** Exact size after pruning to each budget, from the structure alone, for the live estimate. */
    estimate: oc
      .input(
        z.object({
          modelId: z.string(),
          keepMacs: z.array(z.number()).min(1).max(50),
          roundTo: z.number().int().min(1).default(1),
          protect: z.array(z.string()).default([]),
        }),
      )
      .output(z.array(z.object({ keepMacs: z.number(), macs: z.number(), params: z.number(), bytes: z.number() }))),
    strategies: oc.output(z.array(strategyInfoSchema)),
  },
  comparisons: {
    list: oc.input(inProject).output(z.array(comparisonSchema)),
    save: oc
      .input(
        inProject.extend({
          id: z.string().optional(),
          name: z.string().min(1),
          runIds: z.array(z.string()).min(1).max(50),
          baselineRunId: z.string().nullable(),
        }),
      )
      .output(comparisonSchema),
    remove: oc.input(byId).output(done),
    /** Per-class accuracy of each run's result and the samples on which runs disagree. */
    disagreements: oc
      .input(z.object({ runIds: z.array(z.string()).min(1).max(50), limit: z.number().max(200).default(48), task }))
      .output(
        z.object({
          classes: z.array(z.string()),
          /** Percent; null for a class without samples. `original` is the network before pruning. */
          original: z.array(z.number().nullable()),
          perClass: z.array(z.object({ runId: z.string(), accuracy: z.array(z.number().nullable()) })),
          confusion: confusionSchema,
          samples: z.array(
            z.object({
              sample: previewSampleSchema,
              original: z.number(),
              predictions: z.array(z.object({ runId: z.string(), label: z.number() })),
            }),
          ),
          /** In place of `samples`, for networks that do not name one class a sample. */
          differences: differencesSchema.nullable(),
        }),
      ),
    /** Self-contained HTML, CSV or JSON. */
    report: oc
      .input(
        z.object({
          projectId: z.string(),
          runIds: z.array(z.string()).min(1).max(50),
          baselineRunId: z.string().nullable(),
          format: z.enum(['html', 'csv', 'json']),
          /** Of the HTML, with what the page calls the project and its runs and says of them, by their ids. */
          language: z.enum(['en', 'zh-CN']).optional(),
          title: z.string().optional(),
          goal: z.string().optional(),
          told: z
            .record(
              z.string(),
              z.object({
                name: z.string(),
                strategy: z.string(),
                refit: z.string(),
                warnings: z.array(z.string()),
                /** What was set, in the reader's words, the same names in the same order for every run. */
                settings: z.array(z.object({ name: z.string(), value: z.string() })).optional(),
              }),
            )
            .optional(),
        }),
      )
      .output(z.object({ fileName: z.string(), content: z.string() })),
  },
  exports: {
    list: oc.input(inProject).output(z.array(exportSchema)),
    /** Writes the files, runs them in an independent runtime and records the proof. */
    create: oc
      .input(
        z.object({
          modelId: z.string(),
          datasetId: z.string().nullable(),
          formats: z.array(z.enum(exportFormats)).min(1),
          precision: z.enum(precisions).default('fp32'),
          folder: z.string().optional(),
          task,
        }),
      )
      .output(z.array(exportSchema)),
    /** Code that runs the file, its proof and the recipe that makes it again, as small texts. */
    kit: oc.input(byId).output(z.array(z.object({ name: z.string(), content: z.string() }))),
    /** Several exports of one model with code, proofs and recipe as one zip. */
    bundle: oc
      .input(z.object({ ids: z.array(z.string()).min(1).max(20) }))
      .output(z.object({ fileName: z.string(), file: z.instanceof(Blob) })),
    /** The exported files as one zip, for shells without a file system of their own. */
    download: oc.input(byId).output(z.object({ fileName: z.string(), file: z.instanceof(Blob) })),
  },
  app: {
    doctor: oc.output(doctorSchema),
    native: oc.output(nativeStatusSchema),
    /** Begins a build and answers at once; `native-changed` tells how it goes. @throws CONFLICT, BACKEND_UNAVAILABLE */
    buildNative: oc.output(nativeStatusSchema),
    /** Ends the build; nothing of it stays. */
    cancelNative: oc.output(nativeStatusSchema),
    /** What every project takes on the disk. */
    storage: oc.output(storageSchema),
    /** Versions, counts and codes as one zip, without names, paths or data. */
    diagnostics: oc.output(z.object({ fileName: z.string(), file: z.instanceof(Blob) })),
    settings: oc.output(settingsSchema),
    /** `layouts` merge screen by screen; every other field replaces. */
    saveSettings: oc.input(settingsSchema.partial()).output(settingsSchema),
    /** Removes for good what is in the trash now, everywhere or of one project; what something living refers to stays. */
    emptyTrash: oc
      .input(z.object({ projectId: z.string().optional() }).optional())
      .output(z.object({ removed: z.number(), freedBytes: z.number() })),
    /** Opens the platform's folder or file dialog; null where the shell has none or the user cancelled. */
    pickPath: oc
      .input(z.object({ kind: z.enum(pathKinds), suggested: z.string().optional() }))
      .output(z.string().nullable()),
    shell: oc.output(
      z.object({ kind: z.enum(['electron', 'server']), canPickPaths: z.boolean(), platform: z.string() }),
    ),
  },
  /** Begins with the engine's present state; ends when the caller returns the iterator or the connection closes. */
  events: oc.output(eventIterator(eventSchema)),
}

export type Contract = typeof contract
