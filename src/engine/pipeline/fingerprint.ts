/** A short identity of everything that decides a run's outcome, so that kept steps of another run are never taken. */
import { version as release } from '../../../package.json'
import type { RunConfig } from '../../contract/run'
import type { DataSource } from '../data/types'
import type { Graph } from '../graph/graph'
import { resultOriented, scratch } from '../strategies'

/**
 * Raised by one whenever the same configuration no longer gives the same bytes: a change in statistics, decision,
 * surgery, refit, fine-tuning or judging, in what draws random numbers, or in what a kept step holds. Steps that were
 * kept under another number are computed anew.
 */
export const computationVersion = 41

/** 32-bit FNV-1a over bytes, going on from `hash`. */
function fnv(bytes: Uint8Array, hash: number): number {
  let h = hash
  for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ (bytes[i] as number), 0x01000193)
  return h >>> 0
}

/** Two independent 32-bit hashes of a network's structure and numbers, hex. */
export function graphFingerprint(graph: Graph): string {
  const text = new TextEncoder()
  const structure = graph.nodes.map(({ name, op, inputs, outputs }) => [name, op, inputs, outputs])
  let a = fnv(text.encode(JSON.stringify(structure)), 0x811c9dc5)
  let b = 0x9747b28c
  for (const [name, { dtype, dims, data }] of graph.constants) {
    a = fnv(text.encode(`${name} ${dtype} ${dims.join()}`), a)
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    a = fnv(bytes, a)
    b = Math.imul(b ^ a, 0x85ebca6b) >>> 0
  }
  return [a, b].map((hash) => hash.toString(16).padStart(8, '0')).join('')
}

/**
 * A fingerprint a kept step, of no more than decides that step, so that a step is known again by a run that differs from
 * the one that kept it only in what comes later: the decision of a criterion serves every budget and refit, a refitted
 * network every fine-tuning. The backend counts, because results agree between backends only to rounding.
 */
export function stepFingerprints(
  graph: Graph,
  data: DataSource,
  config: RunConfig,
  backend: string,
  computation = computationVersion,
): (key: string) => string {
  return fingerprintsOf({ graph: graphFingerprint(graph), data: data.hash }, config, backend, computation)
}

/** Whether this build takes a step that was kept for the same network and data, neither of which a run ever changes. */
export function isKeptFor(fingerprint: string, key: string, config: RunConfig, backend: string): boolean {
  // Far older builds wrote other fingerprints.
  if (!fingerprint.startsWith('{')) return false
  const { graph, data } = JSON.parse(fingerprint) as { graph: string; data: string }
  return fingerprint === fingerprintsOf({ graph, data }, config, backend, computationVersion)(key)
}

function fingerprintsOf(
  origin: { readonly graph: string; readonly data: string },
  config: RunConfig,
  backend: string,
  computation: number,
): (key: string) => string {
  const common = { release, computation, ...origin, backend }
  const of = (decides: object) => JSON.stringify({ ...common, config: decides })
  const { finetune, ...applied } = config
  const { goal, refit, ...scored } = applied
  const whole = of(config)
  const beforeRecovery = config.strategy === scratch.name ? whole : of(applied)
  // A decision in steps refits on the way and is sized by the goal.
  const decision =
    config.strategy === resultOriented.name || config.iterations !== undefined ? beforeRecovery : of(scored)
  return (key) =>
    key === 'decision'
      ? decision
      : /^(pruned|verified|latency|decision-.*|refit-.*|trial-.*)$/.test(key)
        ? beforeRecovery
        : whole
}
