/** What the command line promises to print with --json. */
import { z } from 'zod'
import { environmentSchema, roundSchema, runConfigSchema, runResultSchema } from '../../../../src/contract/run'

/** `compress --json`: the run's result, and what is needed to repeat it. */
export const compressionSchema = runResultSchema.extend({
  config: runConfigSchema.required().partial({ iterations: true, refitSamples: true }),
  environment: environmentSchema,
  trials: z.array(roundSchema),
})
export type CompressionDocument = z.infer<typeof compressionSchema>

export const evaluationSchema = z.object({
  metric: z.enum(['accuracy', 'rmse', 'none']),
  value: z.number().nullable(),
  interval: z.tuple([z.number(), z.number()]).nullable(),
  split: z.enum(['train', 'verification', 'test']),
  samples: z.number(),
  backend: z.string(),
  perClass: z.array(z.number().nullable()),
})

const spreadSchema = z.object({ mean: z.number(), sd: z.number().nullable(), values: z.array(z.number()) })

export const comparisonSchema = z.object({
  model: z.object({ path: z.string(), hash: z.string() }),
  data: z.object({ path: z.string(), hash: z.string() }),
  runs: z.array(compressionSchema.extend({ name: z.string() })),
  summary: z.array(
    z.object({
      strategy: z.string(),
      refit: z.string(),
      goal: z.object({ kind: z.string(), value: z.number() }),
      seeds: z.array(z.number()),
      metric: spreadSchema.nullable(),
      drop: spreadSchema.nullable(),
      kl: spreadSchema,
      agreement: spreadSchema,
      macsKept: spreadSchema,
      paramsKept: spreadSchema,
    }),
  ),
})

export const benchmarkSchema = z.object({
  batch: z.number(),
  runs: z.number(),
  models: z.array(
    z.object({
      model: z.string(),
      macs: z.number(),
      measurements: z.array(
        z.object({
          runtime: z.enum(['onnxruntime-node', 'espalier']),
          latencyMs: z.object({ median: z.number(), low: z.number(), high: z.number(), runs: z.number() }),
          memoryBytes: z.object({ peak: z.number(), added: z.number() }),
        }),
      ),
    }),
  ),
  warnings: z.array(z.string()),
})
