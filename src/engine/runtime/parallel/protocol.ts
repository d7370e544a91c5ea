/** What is said between the engine and its workers: networks to hold, batches to run. Plain data, safe to clone. */
import type { ErrorReport } from '../../../contract/errors'
import type { GraphParts } from '../../graph/graph'
import type { Feed, HostTensor } from '../types'

export type WorkerRequest =
  | { readonly kind: 'open'; readonly network: number; readonly parts: GraphParts }
  | { readonly kind: 'run'; readonly network: number; readonly feed: Feed }
  | { readonly kind: 'close'; readonly network: number }

export type WorkerAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'outputs'; readonly outputs: ReadonlyMap<string, HostTensor> }
  | { readonly kind: 'failed'; readonly report: ErrorReport }

/** Threads or processes that the caller starts; the engine itself knows of neither. Workers start when first called. */
export interface WorkerPool {
  readonly size: number
  /** Counts how often this worker was replaced: what was opened in an earlier one is gone. */
  generation(worker: number): number
  /** Requests to one worker are answered in order. @throws WorkerEnded when it ends before it answers */
  call(worker: number, request: WorkerRequest): Promise<WorkerAnswer>
}

/** The worker is gone; the pool starts another one at the next call. */
export class WorkerEnded extends Error {
  override readonly name = 'WorkerEnded'
}
