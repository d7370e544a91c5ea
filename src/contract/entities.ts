/** The store's entities as every shell sees them. Times are ISO 8601 in UTC, ids are opaque strings. */
import { z } from 'zod'
import { errorCodes } from './errors'
import {
  environmentSchema,
  exportResultSchema,
  metricNames,
  progressSchema,
  runConfigSchema,
  runLatencySchema,
  runResultSchema,
  saidSchema,
  sizeSchema,
} from './run'

const id = z.string().min(1)
const time = z.string()

export const errorReportSchema = z.object({
  code: z.enum(errorCodes),
  message: z.string(),
  /** The message for the reader's language, where it is a sentence of the catalogue. */
  said: saidSchema.optional(),
  cause: z.string().optional(),
})

export const projectSchema = z.object({
  id,
  name: z.string().min(1).max(200),
  goal: z.string(),
  tags: z.array(z.string()),
  archived: z.boolean(),
  deletedAt: time.nullable(),
  /** The sample project that comes with the product. */
  sample: z.boolean(),
  createdAt: time,
  updatedAt: time,
  counts: z.object({ models: z.number(), datasets: z.number(), runs: z.number() }),
  /** For the card: the finished run with the smallest share of MACs that loses at most a point, else the one that loses least; null without one. */
  best: z.object({ runId: id, macsKept: z.number(), drop: z.number(), metric: z.enum(metricNames) }).nullable(),
})
export type Project = z.infer<typeof projectSchema>

export const modelSchema = z.object({
  id,
  projectId: id,
  name: z.string(),
  format: z.enum(['onnx', 'tfjs', 'keras']),
  /** SHA-256 of the file; its name in the artifact store. */
  hash: z.string(),
  size: sizeSchema,
  nodes: z.number(),
  /** Lineage: what it was pruned from, and by which run. */
  parentId: id.nullable(),
  runId: id.nullable(),
  deletedAt: time.nullable(),
  createdAt: time,
})
export type Model = z.infer<typeof modelSchema>

export const graphNodeViewSchema = z.object({
  name: z.string(),
  op: z.string(),
  inputs: z.array(z.string()),
  outputs: z.array(z.string()),
  /** Shapes of the outputs; a string is a symbolic extent. */
  shapes: z.array(z.array(z.union([z.number(), z.string()]))),
  attributes: z.record(z.string(), z.string()),
  macs: z.number(),
  params: z.number(),
  bytes: z.number(),
  /** Names of the coupling groups it makes, reads or carries. */
  groups: z.array(z.string()),
})
export type GraphNodeView = z.infer<typeof graphNodeViewSchema>

export const groupViewSchema = z.object({
  name: z.string(),
  units: z.number(),
  members: z.array(z.string()),
  prunable: z.boolean(),
  /** Why it is not, in a sentence. */
  reason: z.string().nullable(),
  /** The same for the reader's language. */
  reasonSaid: saidSchema.optional(),
})
export type GroupView = z.infer<typeof groupViewSchema>

/** What `inspect --json` prints. */
export const inspectionSchema = z.object({
  inputs: z.array(z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.union([z.number(), z.string()])) })),
  outputs: z.array(
    z.object({ name: z.string(), dtype: z.string(), shape: z.array(z.union([z.number(), z.string()])) }),
  ),
  nodes: z.number(),
  operators: z.record(z.string(), z.number()),
  macs: z.number(),
  params: z.number(),
  bytes: z.number(),
  groups: z.array(groupViewSchema),
  /** Sentences about what was simplified, cannot be run or cannot be pruned. */
  notes: z.array(z.string()),
  /** The same one by one, for the reader's language. */
  notesSaid: z.array(saidSchema).optional(),
  runnable: z.boolean(),
  analysisMs: z.number(),
})
export type Inspection = z.infer<typeof inspectionSchema>

/** For the drawn graph. */
export const modelViewSchema = z.object({ inspection: inspectionSchema, graph: z.array(graphNodeViewSchema) })
export type ModelView = z.infer<typeof modelViewSchema>

export const dataKinds = ['npz', 'idx', 'image-folder', 'cifar', 'csv', 'jsonl'] as const

export const datasetSchema = z.object({
  id,
  projectId: id,
  name: z.string(),
  kind: z.enum(dataKinds),
  path: z.string(),
  hash: z.string(),
  /** Of one sample as the network reads it, NCHW without the batch. */
  sampleShape: z.array(z.number()),
  classes: z.array(z.string()),
  mean: z.array(z.number()),
  std: z.array(z.number()),
  splits: z.object({ train: z.number(), verification: z.number(), test: z.number() }),
  /** true: the verification split is drawn from the train split, so promises made on it are weaker. */
  verificationFromTrain: z.boolean(),
  /** Samples a class in the train split. */
  balance: z.array(z.number()),
  /** It came in an archive by reference, and the data is not on this machine: it can be read about and not be run on. */
  missing: z.boolean().optional(),
  deletedAt: time.nullable(),
  createdAt: time,
})
export type Dataset = z.infer<typeof datasetSchema>

/** An import that a kill, or the end of its engine, left in the middle; nothing of it is on record. */
export const unfinishedImportSchema = z.object({
  id: z.string(),
  kind: z.enum(['model', 'dataset']),
  /** Of the file, or what the data set was to be called. */
  name: z.string(),
  /** When it was begun. */
  since: z.string(),
})
export type UnfinishedImport = z.infer<typeof unfinishedImportSchema>

export const previewSampleSchema = z.object({
  index: z.number(),
  label: z.number().nullable(),
  /** Where a sample may have several. */
  labels: z.array(z.number()).optional(),
  /** Where labels are numbers to come close to. */
  target: z.number().optional(),
  /** How many labels or targets a sample has, where they stand at its pixels, steps or places. */
  within: z.number().int().optional(),
  /** The same as they lie, where that can be told from the sample's own extents: [count], [rows, columns] or [planes, rows, columns]. */
  places: z
    .object({
      /** A class for each (below 0: none is asked for), or a number. */
      says: z.enum(['classes', 'numbers']),
      shape: z.array(z.number().int()),
      /** Of the picture, smaller than the extents where they are large; null where it is a list. */
      height: z.number().int().nullable(),
      width: z.number().int().nullable(),
      /** One of the two: base64 of little-endian 32-bit floats row by row (the mean of the planes), or the first values. */
      picture: z.string().optional(),
      list: z.array(z.number()).optional(),
    })
    .optional(),
  /** Exactly one of the three, by what samples are. `data:image/png;base64,...` */
  image: z.string().optional(),
  /** The beginning of it where it is long. */
  text: z.string().optional(),
  /** A row of a table: its first values, the names of their columns where the file gives some, and how many more there are. */
  row: z.object({ values: z.array(z.number()), columns: z.array(z.string()).optional(), more: z.number() }).optional(),
})
export type PreviewSample = z.infer<typeof previewSampleSchema>

/** Samples by their label (row) and the class that was named (column); no rows without labels or beyond 200 classes. */
export const confusionSchema = z.object({
  original: z.array(z.array(z.number().int())),
  runs: z.array(z.object({ runId: id, counts: z.array(z.array(z.number().int())) })),
})
export type Confusion = z.infer<typeof confusionSchema>

export const runStatuses = ['queued', 'running', 'done', 'failed', 'cancelled', 'interrupted'] as const

export const runSchema = z.object({
  id,
  projectId: id,
  modelId: id,
  datasetId: id,
  name: z.string(),
  config: runConfigSchema,
  status: z.enum(runStatuses),
  progress: progressSchema.nullable(),
  /** When the last sign of life arrived; the screen says "stalled since" from it. */
  heardAt: time.nullable(),
  /** Seconds left at the present pace; null while unknown. */
  etaSeconds: z.number().nullable(),
  result: runResultSchema.nullable(),
  error: errorReportSchema.nullable(),
  environment: environmentSchema.nullable(),
  resultModelId: id.nullable(),
  /** What its network takes in ONNX Runtime, one thread; absent where it was not measured. */
  latency: runLatencySchema.optional(),
  /** Runs that were queued together. */
  sweepId: id.nullable(),
  tags: z.array(z.string()),
  notes: z.string(),
  deletedAt: time.nullable(),
  createdAt: time,
  startedAt: time.nullable(),
  finishedAt: time.nullable(),
})
export type Run = z.infer<typeof runSchema>

/** `value` is null where a series left the finite numbers (a loss that diverged). */
export const metricPointSchema = z.object({ name: z.string(), step: z.number(), value: z.number().nullable() })
export type MetricPoint = z.infer<typeof metricPointSchema>

export const logLineSchema = z.object({
  at: time,
  level: z.enum(['info', 'warning', 'error']),
  message: z.string(),
  /** The message for the reader's language, where it is a sentence of the catalogue. */
  said: saidSchema.optional(),
})
export type LogLine = z.infer<typeof logLineSchema>

export const comparisonSchema = z.object({
  id,
  projectId: id,
  name: z.string(),
  runIds: z.array(id),
  baselineRunId: id.nullable(),
  createdAt: time,
  updatedAt: time,
})
export type Comparison = z.infer<typeof comparisonSchema>

export const exportSchema = exportResultSchema.extend({
  id,
  projectId: id,
  runId: id.nullable(),
  modelId: id,
  createdAt: time,
})
export type Export = z.infer<typeof exportSchema>

export const strategyInfoSchema = z.object({
  name: z.string(),
  title: z.string(),
  /** One sentence: what it decides by. */
  summary: z.string(),
  paper: z.string(),
  needsData: z.boolean(),
  needsGradients: z.boolean(),
})
export type StrategyInfo = z.infer<typeof strategyInfoSchema>

export const backendReportSchema = z.object({
  name: z.string(),
  available: z.boolean(),
  chosen: z.boolean(),
  /** Measured on a known program with gradients; null where it could not be tried. */
  gflops: z.number().nullable(),
  reason: z.string(),
  /** The same for the reader's language. */
  reasonSaid: saidSchema.optional(),
})

/** What `doctor --json` prints. */
export const doctorSchema = z.object({
  versions: z.record(z.string(), z.string()),
  platform: z.string(),
  cpu: z.string(),
  cores: z.number(),
  memoryBytes: z.number(),
  dataFolder: z.string(),
  storeBytes: z.number(),
  backends: z.array(backendReportSchema),
  /** How the processes of the workbench are kept from leaving the machine; absent where nothing is promised. */
  network: z
    .object({ guarded: z.boolean(), refused: z.number(), proven: z.boolean(), engineProven: z.boolean() })
    .optional(),
})
export type Doctor = z.infer<typeof doctorSchema>

export const nativeSteps = ['tools', 'sources', 'library', 'unpack', 'compile', 'check'] as const

/** The native CPU backend on this machine, and how far a build of it is. */
export const nativeStatusSchema = z.object({
  /** Linux on x64, which is what the pinned library is for. */
  supported: z.boolean(),
  built: z.boolean(),
  /** ESPALIER_NATIVE=off. */
  off: z.boolean(),
  /** Commands that a build needs and that are not here. */
  missing: z.array(z.enum(['python3', 'g++', 'npm', 'tar'])),
  /** `fraction` from 0 to 1; null where nothing is being built. */
  building: z.object({ fraction: z.number(), step: z.enum(nativeSteps) }).nullable(),
  /** Why the last build of this session ended without one. */
  error: errorReportSchema.nullable(),
})
export type NativeStatus = z.infer<typeof nativeStatusSchema>

/** Bytes on the disk. A file that two projects share counts for both. */
export const storageSchema = z.object({
  dataFolder: z.string(),
  totalBytes: z.number(),
  databaseBytes: z.number(),
  /** Exported files where no folder was chosen. */
  exportBytes: z.number(),
  /** Files that nothing refers to; emptying the trash frees them once they are an hour old. */
  unusedBytes: z.number(),
  projects: z.array(
    z.object({
      projectId: id,
      name: z.string(),
      deleted: z.boolean(),
      models: z.number(),
      data: z.number(),
      runs: z.number(),
    }),
  ),
})
export type Storage = z.infer<typeof storageSchema>

export const settingsSchema = z.object({
  language: z.enum(['system', 'en', 'zh-CN']),
  theme: z.enum(['system', 'light', 'dark']),
  backend: z.string(),
  /** Free-form interface state that must survive a restart: columns, filters, layouts. Keyed by screen. */
  layouts: z.record(z.string(), z.unknown()),
})
export type Settings = z.infer<typeof settingsSchema>

/** What the services broadcast; events state what is, they do not steer. */
export const eventSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('run-changed'), run: runSchema }),
  z.object({ type: z.literal('run-metric'), runId: id, points: z.array(metricPointSchema) }),
  z.object({ type: z.literal('run-log'), runId: id, line: logLineSchema }),
  z.object({ type: z.literal('projects-changed') }),
  z.object({ type: z.literal('project-changed'), projectId: id }),
  z.object({ type: z.literal('native-changed'), status: nativeStatusSchema }),
  z.object({ type: z.literal('task-progress'), task: z.string(), fraction: z.number() }),
  z.object({
    type: z.literal('engine-state'),
    state: z.enum(['starting', 'ready', 'busy', 'unresponsive', 'restarting', 'failed']),
  }),
])
export type WorkbenchEvent = z.infer<typeof eventSchema>
