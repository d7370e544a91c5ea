/** What a run is asked to do and what it answers: shared by the command line, the server, the desktop and the engine. */
import { z } from 'zod'
import type { Said } from './sentences'
import { stages } from './stages'

/** A sentence as its code and values, beside its English; see sentences.ts. */
export const saidSchema: z.ZodType<Said> = z.object({
  code: z.string(),
  values: z.record(z.string(), z.union([z.string(), z.number(), z.lazy(() => saidSchema)])),
})

export const goalKinds = ['keep-macs', 'keep-params', 'max-bytes', 'max-latency-ms', 'max-drop', 'max-kl'] as const

/** A budget (the first four) or a tolerance (the last two). Ratios are 0..1, drops are points of the task metric. */
export const goalSchema = z.object({ kind: z.enum(goalKinds), value: z.number().positive() })
export type Goal = z.infer<typeof goalSchema>

export const allocations = ['uniform', 'global', 'sensitivity'] as const
/**
 * `layerwise` fits operator by operator to the original feature maps, in closed form; `sequential` does that, then refits
 * all parameters on the result.
 */
export const refits = ['none', 'bn', 'layerwise', 'sequential'] as const
export const backends = ['auto', 'cuda', 'webgpu', 'native', 'onnxruntime', 'wasm'] as const
export const exportFormats = ['onnx', 'tfjs', 'keras'] as const
export const precisions = ['fp32', 'fp16', 'int8'] as const

/** How the learning rate goes: in a line to zero, not at all, along half a cosine, or to a tenth at 1/2 and again at 3/4. */
export const rateSchedules = ['linear', 'constant', 'cosine', 'step'] as const
/** Changed copies of training images: mirrored left to right, moved by up to an eighth. */
export const augmentations = ['flip', 'shift'] as const

export const finetuneSchema = z.object({
  epochs: z.number().int().min(0).default(0),
  /** Samples an epoch; 0: all of the train split that is left. */
  samples: z.number().int().min(0).default(0),
  learningRate: z.number().positive().default(0.02),
  /** The original network is the teacher. */
  distill: z.boolean().default(false),
  /** Absent: linear. */
  schedule: z.enum(rateSchedules).optional(),
  /** Share of the steps over which the rate rises first; absent: none. */
  warmup: z.number().min(0).max(0.5).optional(),
  /** Absent: samples as they are. */
  augment: z.array(z.enum(augmentations)).optional(),
})

/** Everything that decides a run's outcome, apart from model, data and machine. */
export const runConfigSchema = z.object({
  strategy: z.string().default('result-oriented'),
  allocation: z.enum(allocations).default('global'),
  /** A criterion prunes in so many steps of equal ratio and scores what is left anew after each; absent: at once. */
  iterations: z.number().int().min(2).max(64).optional(),
  goal: goalSchema,
  calibration: z.number().int().min(16).default(2048),
  refit: z.enum(refits).default('sequential'),
  /** Train samples that the refit on the result may see beside those for calibration; absent: all that are left. */
  refitSamples: z.number().int().min(0).optional(),
  finetune: finetuneSchema.default({ epochs: 0, samples: 0, learningRate: 0.02, distill: false }),
  roundTo: z.number().int().min(1).default(1),
  /** Names of nodes whose output units all stay. */
  protect: z.array(z.string()).default([]),
  backend: z.enum(backends).default('auto'),
  seed: z.number().int().min(0).default(0),
  batch: z.number().int().min(1).default(128),
})
export type RunConfig = z.infer<typeof runConfigSchema>

export const sizeSchema = z.object({ macs: z.number(), params: z.number(), bytes: z.number() })
export type ModelSize = z.infer<typeof sizeSchema>

export const progressSchema = z.object({
  stage: z.enum(stages),
  /** 0..1 of the whole run. */
  fraction: z.number().min(0).max(1),
  /** One short sentence in English. */
  detail: z.string(),
  /** The same for the reader's language. */
  detailSaid: saidSchema.optional(),
  /** A named figure of a series (loss, accuracy), for the live charts. */
  metric: z.object({ name: z.string(), step: z.number(), value: z.number() }).optional(),
})
export type Progress = z.infer<typeof progressSchema>

/** One removal, in order. */
export const traceStepSchema = z.object({
  step: z.number().int(),
  round: z.number().int(),
  group: z.string(),
  /** Original index of the unit in its group. */
  unit: z.number().int(),
  /** Priced change of the result (nats of KL, second order); for baselines the criterion's score. */
  price: z.number(),
  /** Units of the same group that inherited its work, with their share of it, largest first. */
  heirs: z.array(z.object({ unit: z.number().int(), share: z.number() })),
  macs: z.number(),
  params: z.number(),
})
export type TraceStep = z.infer<typeof traceStepSchema>

export const checkpointSchema = z.object({
  step: z.number().int(),
  macs: z.number(),
  /** Summed priced change up to here, and the measured KL to the original. */
  predicted: z.number(),
  measured: z.number(),
})
export type TraceCheckpoint = z.infer<typeof checkpointSchema>

export const keptGroupSchema = z.object({
  group: z.string(),
  unitsBefore: z.number().int(),
  /** Original indices that stay. */
  kept: z.array(z.number().int()),
})

/** Latency of one sample in milliseconds after so many removals: median, 10 % and 90 % quantile of repeated passes. */
export const latencyPointSchema = z.object({
  step: z.number().int(),
  macs: z.number(),
  median: z.number(),
  low: z.number(),
  high: z.number(),
})
export type LatencyPoint = z.infer<typeof latencyPointSchema>

export const decisionTraceSchema = z.object({
  steps: z.array(traceStepSchema),
  checkpoints: z.array(checkpointSchema),
  groups: z.array(keptGroupSchema),
  /** Inter-layer correlation of the result's change, group by group; empty where the strategy has none. */
  correlation: z.object({ groups: z.array(z.string()), values: z.array(z.array(z.number())) }),
  /** Sensitivity sweep: KL in nats when one group alone loses a share of its units; only with that allocation. */
  sensitivity: z
    .array(z.object({ group: z.string(), ratios: z.array(z.number()), kl: z.array(z.number()) }))
    .readonly()
    .optional(),
  /** With a latency budget: what networks on the way down were measured to take on this machine, in order of removal. */
  latency: z.array(latencyPointSchema).readonly().optional(),
})
export type DecisionTrace = z.infer<typeof decisionTraceSchema>

export const roundSchema = z.object({
  predicted: z.number(),
  measured: z.number(),
  macs: z.number(),
  /** Units removed a group. */
  removed: z.record(z.string(), z.number()),
  /** false where the round broke the promise and was rolled back. */
  kept: z.boolean().default(true),
})
export type Round = z.infer<typeof roundSchema>

export const metricNames = ['accuracy', 'f1', 'mean-iou', 'perplexity', 'rmse', 'none'] as const

/** Beside accuracy top-5 and F1 (the mean over the classes); beside F1 of several labels a sample the others. */
export const otherMetricNames = ['top-5', 'f1', 'micro-f1', 'exact-match', 'mean-average-precision'] as const
export type OtherMetric = (typeof otherMetricNames)[number]

export const outcomeSchema = z.object({
  metric: z.enum(metricNames),
  /** Percent for accuracy, F1 and mean IoU; null where there are no labels. */
  before: z.number().nullable(),
  afterPruning: z.number().nullable(),
  afterRecovery: z.number().nullable(),
  /** Percent of further metrics, before and after recovery. */
  others: z.array(z.object({ name: z.enum(otherMetricNames), before: z.number(), after: z.number() })).optional(),
  /** Share of samples (0..1) on which original and result name the same class; of several labels, how many are named alike. */
  agreement: z.number(),
  /** Mean KL(original || result) in nats. */
  kl: z.number(),
  split: z.enum(['test', 'verification']),
  samples: z.number().int(),
})
export type Outcome = z.infer<typeof outcomeSchema>

export const timingSchema = z.object({
  analysisMs: z.number(),
  statisticsMs: z.number(),
  decisionMs: z.number(),
  surgeryMs: z.number(),
  recoveryMs: z.number(),
  totalMs: z.number(),
})
export type Timing = z.infer<typeof timingSchema>

/** What a run that has not come to its end keeps on the disk: from there it goes on. */
export const reachedSchema = z.object({
  /** Kept steps, and the bytes they take. */
  steps: z.number().int(),
  bytes: z.number(),
  /** Of these, what this build on this backend does not take: kept by an earlier one, or where another backend computed. */
  stale: z.number().int(),
  /** When the newest was kept, ISO 8601; null where there is none. */
  keptAt: z.string().nullable(),
  /** The decision: units in the order they may go, and how many of them the budget takes; null where a search or the clock says. */
  decision: z
    .object({
      ordered: z.number().int(),
      removed: z.number().int().nullable(),
      /** What is left then. */
      size: sizeSchema.nullable(),
      /** The last measurement on the way. */
      checkpoint: checkpointSchema.nullable(),
    })
    .nullable(),
  /** Trials of a search for a promise. */
  trials: z.array(z.object({ passed: z.boolean(), kl: z.number() })),
  /** Layers that are fitted to their feature maps, and steps of the refit on the result. */
  fittedLayers: z.number().int(),
  refitSteps: z.number().int(),
  /** The smaller network stands, and its KL to the original on the verification split, where it was measured. */
  pruned: z.boolean(),
  kl: z.number().nullable(),
  /** Finished epochs of the fine-tuning; what the last one that was measured lost: points of the metric, and nats. */
  epochs: z.number().int(),
  lost: z.object({ drop: z.number().nullable(), kl: z.number() }).nullable(),
  recovered: z.boolean(),
})
export type Reached = z.infer<typeof reachedSchema>

const quantilesSchema = z.object({ median: z.number(), low: z.number(), high: z.number() })

/** Milliseconds a forward pass: median, 10 % and 90 % quantile of repeated passes. */
export const exportLatencySchema = z.object({
  runtime: z.string(),
  batch: z.number().int(),
  rounds: z.number().int(),
  /** Of the network it was pruned from, measured in turn with it; null where there is none. */
  before: quantilesSchema.nullable(),
  after: quantilesSchema,
})
export type ExportLatency = z.infer<typeof exportLatencySchema>

/** What a run's network takes by itself; what its exported files take stands with the exports. */
export const runLatencySchema = exportLatencySchema.extend({
  /** `file`: nobody has timed the network yet, and this is of its export in full precision. Absent in older data. */
  of: z.enum(['network', 'file']).optional(),
  /** ISO 8601. */
  at: z.string().optional(),
})
export type RunLatency = z.infer<typeof runLatencySchema>

export const exportResultSchema = z.object({
  format: z.enum(exportFormats),
  precision: z.enum(precisions).default('fp32'),
  path: z.string(),
  bytes: z.number(),
  maxAbsError: z.number(),
  maxRelError: z.number(),
  passed: z.boolean(),
  /** Who checked it: the runtime that ran the exported file. */
  checkedBy: z.string(),
  /** Task metric of the exported file on the test split in that runtime; null without labels. */
  metric: z.number().nullable(),
  /** Absent where it was not measured. */
  latency: z.array(exportLatencySchema).optional(),
})
export type ExportResult = z.infer<typeof exportResultSchema>

export const environmentSchema = z.object({
  espalier: z.string(),
  node: z.string(),
  platform: z.string(),
  cpu: z.string(),
  cores: z.number(),
  backend: z.string(),
  /** SHA-256 of the model file and of the data. */
  modelHash: z.string(),
  dataHash: z.string(),
})
export type Environment = z.infer<typeof environmentSchema>

/** What `compress --json` prints, and what the store keeps of a finished run (the trace lies beside it). */
export const runResultSchema = z.object({
  model: z.object({ before: sizeSchema, after: sizeSchema }),
  result: outcomeSchema,
  strategy: z.string(),
  backend: z.string(),
  seed: z.number(),
  rounds: z.array(roundSchema),
  timing: timingSchema,
  exports: z.array(exportResultSchema),
  kept: z.record(z.string(), z.array(z.number().int())),
  /** Sentences the user must read: a weaker promise, a budget that stopped at the floor. */
  warnings: z.array(z.string()),
  /** The same one by one, for the reader's language; absent in results of earlier versions. */
  warningsSaid: z.array(saidSchema).optional(),
})
export type RunResult = z.infer<typeof runResultSchema>
