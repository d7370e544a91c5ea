/** What a project archive holds and how its documents look; the format is described in docs/project-archive.md. */
import { z } from 'zod'
import { arrangementSchema } from '../../../contract/arrangement-schemas'
import {
  comparisonSchema,
  datasetSchema,
  exportSchema,
  logLineSchema,
  metricPointSchema,
  modelSchema,
  runSchema,
} from '../../../contract/entities'
import { decisionTraceSchema } from '../../../contract/run'

export const archiveFormat = 'espalier-project'
/** Goes up when an older Espalier could no longer read what is written. */
export const archiveVersion = 1

export const manifestSchema = z.object({
  format: z.literal(archiveFormat),
  version: z.number().int().min(1),
  /** Version of the Espalier that wrote it. */
  product: z.string(),
  createdAt: z.string(),
  /** Every other entry of the zip. */
  entries: z.array(z.object({ name: z.string(), bytes: z.number().int(), sha256: z.string().regex(/^[0-9a-f]{64}$/) })),
})
export type Manifest = z.infer<typeof manifestSchema>

const storedFileSchema = z.object({ name: z.string(), hash: z.string() })

export const projectDocumentSchema = z.object({
  project: z.object({
    name: z.string().min(1).max(200),
    goal: z.string(),
    tags: z.array(z.string()),
    createdAt: z.string(),
  }),
  models: z.array(modelSchema.extend({ files: z.array(storedFileSchema).min(1) })),
  datasets: z.array(
    datasetSchema.extend({
      /** Where the data lies in the archive: one file, a folder of files, or nowhere (its path refers to it). */
      content: z.enum(['file', 'folder', 'reference']),
      /** SHA-256 of the file, where it is one. */
      file: z.string().nullable(),
    }),
  ),
  /** In the order of their creation. */
  runs: z.array(z.string()),
  comparisons: z.array(comparisonSchema),
  exports: z.array(exportSchema),
  /** Absent in archives that were written before it travelled. */
  arrangement: arrangementSchema.optional(),
})
export type ProjectDocument = z.infer<typeof projectDocumentSchema>

export const runDocumentSchema = z.object({
  run: runSchema,
  trace: decisionTraceSchema.nullable(),
  metrics: z.array(metricPointSchema),
  log: z.array(logLineSchema),
})
export type RunDocument = z.infer<typeof runDocumentSchema>

export const places = {
  manifest: 'manifest.json',
  project: 'project.json',
  run: (id: string): string => `runs/${id}.json`,
  /** A model's file or a single data file, by its hash. */
  file: (hash: string): string => `files/${hash}`,
  data: (datasetId: string, name = ''): string => `data/${datasetId}/${name}`,
}
