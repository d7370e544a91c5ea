/** What the engine can be asked to do: the input and the output of every kind of job. */
import { z } from 'zod'
import { differencesSchema } from '../../contract/differences'
import {
  backendReportSchema,
  confusionSchema,
  dataKinds,
  datasetSchema,
  modelSchema,
  modelViewSchema,
  nativeStatusSchema,
  previewSampleSchema,
  strategyInfoSchema,
} from '../../contract/entities'
import { featureMapsSchema } from '../../contract/feature-maps'
import {
  decisionTraceSchema,
  environmentSchema,
  exportFormats,
  exportLatencySchema,
  exportResultSchema,
  metricNames,
  precisions,
  reachedSchema,
  runConfigSchema,
  runResultSchema,
  sizeSchema,
} from '../../contract/run'

/** A file on this machine under the name its format knows it by; with a hash it is verified while it is read. */
export const fileSchema = z.object({ name: z.string(), path: z.string(), hash: z.string().optional() })
/** The first file is the one the user opened, the others lie beside it. */
export const modelFilesSchema = z.array(fileSchema).min(1)
export type ModelFile = z.infer<typeof fileSchema>

export const dataSchema = z.object({
  path: z.string(),
  /** The file's own name where the path is an artifact's; left out for folders. */
  name: z.string().optional(),
  kind: z.enum(dataKinds).optional(),
  /** Expected hash of the content; a mismatch is an error. */
  hash: z.string().optional(),
  mean: z.array(z.number()).optional(),
  std: z.array(z.number()).optional(),
})
export type DataLocation = z.infer<typeof dataSchema>

const modelFactsSchema = z.object({
  format: modelSchema.shape.format,
  size: sizeSchema,
  nodes: z.number(),
  view: modelViewSchema,
  /** All files the model is made of, in the order of {@link modelFilesSchema}. */
  files: modelFilesSchema,
})

const probedSchema = datasetSchema.omit({ id: true, projectId: true, createdAt: true, deletedAt: true })

const evaluationSchema = z.object({
  metric: z.enum(metricNames),
  value: z.number().nullable(),
  samples: z.number(),
  classes: z.array(z.string()),
})

const perClassSchema = z.array(z.number().nullable())

const job = <I extends z.ZodType, O extends z.ZodType>(input: I, output: O) => ({ input, output })

export const jobs = {
  inspect: job(z.object({ files: modelFilesSchema }), modelFactsSchema),
  estimate: job(
    z.object({
      files: modelFilesSchema,
      keepMacs: z.array(z.number()),
      roundTo: z.number(),
      protect: z.array(z.string()),
    }),
    z.array(sizeSchema.extend({ keepMacs: z.number() })),
  ),
  strategies: job(z.object({}), z.array(strategyInfoSchema)),
  probe: job(
    z.object({ data: dataSchema, samples: z.number() }),
    z.object({ dataset: probedSchema, samples: z.array(previewSampleSchema) }),
  ),
  preview: job(
    z.object({
      data: dataSchema,
      split: z.enum(['train', 'verification', 'test']),
      offset: z.number(),
      count: z.number(),
    }),
    z.array(previewSampleSchema),
  ),
  evaluate: job(
    z.object({
      files: modelFilesSchema,
      data: dataSchema,
      split: z.enum(['train', 'verification', 'test']).optional(),
      /** First so many samples; 0: all. */
      limit: z.number(),
      backend: runConfigSchema.shape.backend,
    }),
    evaluationSchema,
  ),
  compress: job(
    z.object({
      files: modelFilesSchema,
      data: dataSchema,
      config: runConfigSchema,
      /** Checkpoints and the result are kept here. */
      folder: z.string(),
    }),
    z.object({
      /** The smaller network, written as ONNX into the run's folder. */
      path: z.string(),
      nodes: z.number(),
      result: runResultSchema,
      trace: decisionTraceSchema,
      environment: environmentSchema,
    }),
  ),
  export: job(
    z.object({
      files: modelFilesSchema,
      /** What it was pruned from, for the latency before; null where there is nothing. */
      original: modelFilesSchema.nullable(),
      data: dataSchema.nullable(),
      formats: z.array(z.enum(exportFormats)),
      precision: z.enum(precisions),
      folder: z.string(),
      /** Base name of the written files. */
      name: z.string(),
    }),
    z.array(exportResultSchema),
  ),
  disagreements: job(
    z.object({
      original: modelFilesSchema,
      models: z.array(z.object({ runId: z.string(), files: modelFilesSchema })),
      data: dataSchema,
      limit: z.number(),
      backend: runConfigSchema.shape.backend,
    }),
    z.object({
      classes: z.array(z.string()),
      original: perClassSchema,
      perClass: z.array(z.object({ runId: z.string(), accuracy: perClassSchema })),
      confusion: confusionSchema,
      samples: z.array(
        z.object({
          sample: previewSampleSchema,
          original: z.number(),
          predictions: z.array(z.object({ runId: z.string(), label: z.number() })),
        }),
      ),
      differences: differencesSchema.nullable(),
    }),
  ),
  featureMaps: job(
    z.object({
      files: modelFilesSchema,
      data: dataSchema,
      group: z.string(),
      layer: z.string().optional(),
      /** Original indices of the units that stay, by group. */
      kept: z.record(z.string(), z.array(z.number())),
      sample: z.object({ split: z.enum(['train', 'verification', 'test']), index: z.number() }),
      config: runConfigSchema.pick({ calibration: true, seed: true, backend: true }),
    }),
    featureMapsSchema,
  ),
  /** Times networks in turn with the one they were pruned from, in ONNX Runtime. */
  latency: job(
    z.object({ original: modelFilesSchema, networks: z.array(modelFilesSchema).min(1), data: dataSchema.nullable() }),
    z.array(exportLatencySchema),
  ),
  /** What a run's folder keeps; `size` is that of the network before. */
  reached: job(z.object({ folder: z.string(), config: runConfigSchema, size: sizeSchema }), reachedSchema),
  /** What a build of the native backend needs, and whether there is one. */
  nativeFacts: job(z.object({}), nativeStatusSchema.omit({ building: true, error: true })),
  buildNative: job(z.object({}), z.object({})),
  doctor: job(
    z.object({}),
    z.object({
      versions: z.record(z.string(), z.string()),
      backends: z.array(backendReportSchema),
      network: z.object({ guarded: z.boolean(), refused: z.number(), proven: z.boolean() }).optional(),
    }),
  ),
} as const

export type JobKind = keyof typeof jobs
export type JobInput<K extends JobKind> = z.input<(typeof jobs)[K]['input']>
export type JobOutput<K extends JobKind> = z.output<(typeof jobs)[K]['output']>

export const isJobKind = (kind: string): kind is JobKind => Object.hasOwn(jobs, kind)
