/** What is said between the engine and its workers. Plain data, safe to clone. */
import type { ErrorReport } from '../../../contract/errors'

export type WorkerRequest =
  /** Makes a piece of work ready under a number of its own. */
  | { readonly kind: 'open'; readonly id: number; readonly piece: string; readonly setup: unknown }
  | { readonly kind: 'run'; readonly id: number; readonly input: unknown }
  | { readonly kind: 'close'; readonly id: number }

export type WorkerAnswer =
  | { readonly kind: 'done' }
  | { readonly kind: 'result'; readonly value: unknown }
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

/**
 * A kind of work that workers do on parts of the data, by name: `open` makes it ready from plain data, `run` answers one
 * part with plain data. What it answers must follow from what it was given, so that another worker answers the same.
 */
export interface Piece<Setup, Input, Output> {
  readonly name: string
  open(setup: Setup): OpenPiece<Input, Output>
}

export interface OpenPiece<Input, Output> {
  run(input: Input): Promise<Output> | Output
  dispose(): void
}

/** A piece of which only the name is known. */
export type AnyPiece = Piece<never, never, unknown>
