/** The figures of a run that tables and charts show, derived in one place. Null while or where there are none. */
import type { Outcome, Run, RunConfig } from '../../../contract'
import { lostOf } from '../../../contract/outcome'

export interface Figures {
  /** Shares of the original, 0..1. */
  readonly macsKept: number | null
  readonly paramsKept: number | null
  readonly bytesKept: number | null
  readonly macs: number | null
  readonly params: number | null
  readonly bytes: number | null
  readonly metricName: Outcome['metric']
  /** Task metric after everything that was done, and before: percent, or a number where it is an error or a perplexity. */
  readonly metric: number | null
  readonly metricBefore: number | null
  /** Points lost, percent of an error or a perplexity; negative where it gained. */
  readonly drop: number | null
  readonly agreement: number | null
  readonly kl: number | null
  readonly seconds: number | null
  /** Milliseconds a pass in ONNX Runtime; null where it was not measured. */
  readonly latency: number | null
}

const none: Figures = {
  macsKept: null,
  paramsKept: null,
  bytesKept: null,
  macs: null,
  params: null,
  bytes: null,
  metricName: 'none',
  metric: null,
  metricBefore: null,
  drop: null,
  agreement: null,
  kl: null,
  seconds: null,
  latency: null,
}

const cache = new WeakMap<Run, Figures>()

export function figuresOf(run: Run): Figures {
  const known = cache.get(run)
  if (known) return known
  const figures = run.result === null ? none : derive(run.result, run.latency?.after.median ?? null)
  cache.set(run, figures)
  return figures
}

function derive(result: NonNullable<Run['result']>, latency: number | null): Figures {
  const { before, after } = result.model
  const metric = result.result.afterRecovery ?? result.result.afterPruning
  return {
    macsKept: after.macs / before.macs,
    paramsKept: after.params / before.params,
    bytesKept: after.bytes / before.bytes,
    macs: after.macs,
    params: after.params,
    bytes: after.bytes,
    metricName: result.result.metric,
    metric,
    metricBefore: result.result.before,
    drop: lostOf(result.result.metric, result.result.before, metric),
    agreement: result.result.agreement,
    kl: result.result.kl,
    seconds: result.timing.totalMs / 1000,
    latency,
  }
}

/** The metric by which all of them were measured; accuracy where none was yet, and none where they differ. */
export function metricOf(runs: Iterable<Run>): Outcome['metric'] {
  let found: Outcome['metric'] | null = null
  for (const run of runs) {
    const { metric, metricName } = figuresOf(run)
    if (metric === null || metricName === found) continue
    if (found !== null) return 'none'
    found = metricName
  }
  return found ?? 'accuracy'
}

/** How much a run lost, as a colour; undefined where that is not known. */
export function dropTone(run: Run): 'bad' | 'warn' | 'good' | undefined {
  const { drop } = figuresOf(run)
  return drop === null ? undefined : drop > 5 ? 'bad' : drop > 1 ? 'warn' : 'good'
}

export const isActive = (run: Run): boolean => run.status === 'queued' || run.status === 'running'

/** Runs that differ in their seed, or in the machine's backend, alone share this key. */
export function armKey({ seed: _seed, backend: _backend, ...arm }: RunConfig): string {
  return JSON.stringify(arm, arm.finetune.epochs === 0 ? (key, value) => (key === 'finetune' ? 0 : value) : undefined)
}
