/** The workers of this process, and when they are worth their start. */
import type { WorkerPool } from './protocol'

/** Milliseconds of computing on this thread after which workers are started: about what their start costs. */
const WORTH_MS = 1500
/** Multiply-accumulates that take about as long. */
const WORTH_MACS = 2e10

/** Null: this thread alone. */
let pool: WorkerPool | null = null
let worthMs = WORTH_MS
let worthMacs = WORTH_MACS
let spentMs = 0

/**
 * Called once the backend is known; null where it uses all cores by itself.
 * @param after milliseconds of computing on this thread before the workers are started; 0: they start at once.
 */
export function useWorkers(workers: WorkerPool | null, after = WORTH_MS): void {
  worthMs = after
  worthMacs = after === 0 ? 0 : WORTH_MACS
  pool = workers && workers.size > 1 ? workers : null
}

/** Computing that could have been spread. */
export function noteSpent(milliseconds: number): void {
  spentMs += milliseconds
}

/**
 * Workers for work that gives the same bytes whoever does it, once this process has computed long enough; null: this
 * thread. Since it follows the clock, nothing that decides bytes may depend on it.
 */
export const readyWorkers = (): WorkerPool | null => (spentMs >= worthMs ? pool : null)

/**
 * Workers for work of so many multiply-accumulates, whatever was done before, so that the same run always gets the same
 * answer; null: this thread.
 */
export const workersFor = (macs: number): WorkerPool | null => (macs >= worthMacs ? pool : null)

/** Parts that should be asked for at once, so that nobody waits: one in each worker and one queued behind it. */
export const batchesAhead = (workers = readyWorkers()): number => (workers ? 2 * workers.size : 1)
