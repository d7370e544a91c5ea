/** The pipeline's border: what the shells hand in and get back. */
import type { DecisionTrace, Progress, RunConfig, RunResult } from '../../contract/run'
import type { DataSource } from '../data/types'
import type { Graph } from '../graph/graph'

/** Where finished steps are kept, so that a killed run goes on from the last one. Keys are short file-name-safe words. */
export interface CheckpointStore {
  load(key: string): Promise<Uint8Array | null>
  /** Atomic: after a crash the old or the new bytes are there, never half. */
  save(key: string, bytes: Uint8Array): Promise<void>
}

export interface PipelineHooks {
  progress(progress: Progress): void
  log(level: 'info' | 'warning' | 'error', message: string): void
  /** Checked between batches; the run then ends with CANCELLED. */
  readonly signal: AbortSignal
  readonly checkpoints: CheckpointStore
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
