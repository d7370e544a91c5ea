/** The pipeline's border: what the shells hand in and get back. */
import type { Inspection, ModelView, StrategyInfo } from '../../contract/entities'
import type { DecisionTrace, Goal, ModelSize, Outcome, Progress, RunConfig, RunResult } from '../../contract/run'
import type { Sentence } from '../../contract/sentences'
import type { Batch, DataSource } from '../data/types'
import type { Latency } from '../evaluation'
import type { Graph } from '../graph/graph'

/** Where finished steps are kept, so that a killed run goes on from the last one. Keys are short file-name-safe words. */
export interface CheckpointStore {
  load(key: string): Promise<Uint8Array | null>
  /** Atomic: after a crash the old or the new bytes are there, never half. */
  save(key: string, bytes: Uint8Array): Promise<void>
}

export interface PipelineHooks {
  progress(progress: Progress): void
  log(level: 'info' | 'warning' | 'error', message: Sentence): void
  /** Checked between batches; the run then ends with CANCELLED. */
  readonly signal: AbortSignal
  readonly checkpoints: CheckpointStore
  /**
   * Times networks in the runtime they are meant for, all in turn; without it the engine's own backend is timed.
   * @returns milliseconds of a pass over the sample, one each
   */
  latencyOf?(graphs: readonly Graph[], sample: Batch, signal: AbortSignal): Promise<readonly Latency[]>
}

export interface CompressInput {
  readonly graph: Graph
  readonly data: DataSource
  readonly config: RunConfig
}

export interface CompressOutput {
  /** The smaller network. */
  readonly graph: Graph
  /** Without `exports`, which the shell adds when it writes files. */
  readonly result: Omit<RunResult, 'exports'>
  readonly trace: DecisionTrace
}

/** What a data-free pruning needs to know: the part of a run's configuration that touches neither data nor backend. */
export interface PruneConfig {
  /** A criterion that reads weights only. */
  readonly strategy: string
  readonly allocation: RunConfig['allocation']
  /** keep-macs, keep-params or max-bytes. */
  readonly goal: Goal
  readonly roundTo: number
  readonly protect: readonly string[]
  readonly seed: number
}

export interface PruneOutput {
  readonly graph: Graph
  readonly model: { readonly before: ModelSize; readonly after: ModelSize }
  /** Original indices of the units that stay, by group. */
  readonly kept: Record<string, number[]>
  readonly trace: DecisionTrace
  readonly timing: RunResult['timing']
  readonly warnings: Sentence[]
}

export interface EstimateRequest {
  /** Shares of MACs to keep, each 0..1. */
  readonly keepMacs: readonly number[]
  readonly roundTo: number
  readonly protect: readonly string[]
}

/** Exact size after pruning to a budget with the same ratio in every group. */
export interface Estimate extends ModelSize {
  readonly keepMacs: number
}

export type SplitName = 'train' | 'verification' | 'test'

export interface EvaluateOptions {
  readonly split?: SplitName
  readonly batch?: number
  readonly backend?: RunConfig['backend']
  /** First so many samples only; 0 or absent: all. */
  readonly limit?: number
  readonly hooks?: Partial<Pick<PipelineHooks, 'progress' | 'signal'>>
}

/** A network's result on one split. */
export interface Evaluation {
  readonly metric: Outcome['metric']
  /** Percent for accuracy; null where there are no labels. */
  readonly value: number | null
  /** 95 % confidence interval of `value`. */
  readonly interval: readonly [number, number] | null
  readonly split: SplitName
  readonly samples: number
  readonly backend: string
  readonly classes: readonly string[]
  /** Percent a class, NaN where the split has no sample of it; empty for regression and without labels. */
  readonly perClass: readonly number[]
  /** Named class of every sample in the split's order; null for regression. */
  readonly predictions: Int32Array | null
  readonly elapsedMs: number
}

/** The border of src/engine/pipeline/index.ts, function by function. */
export interface Pipeline {
  /** The whole run. Resumes from `hooks.checkpoints`; the same input gives the same bytes, interrupted or not. */
  compress(input: CompressInput, hooks: PipelineHooks): Promise<CompressOutput>
  /** Structure and weights only; also for networks that cannot be run here. */
  prune(graph: Graph, config: PruneConfig): PruneOutput
  estimateSizes(graph: Graph, request: EstimateRequest): Estimate[]
  evaluate(graph: Graph, data: DataSource, options?: EvaluateOptions): Promise<Evaluation>
  inspect(graph: Graph): Inspection
  viewModel(graph: Graph): ModelView
  listStrategies(): StrategyInfo[]
}
