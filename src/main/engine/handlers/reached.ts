/** How far a run has come: its kept steps, read for a person and not for going on. */
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { EspalierError } from '../../../contract/errors'
import type { Goal, ModelSize, Reached, RunConfig, TraceCheckpoint } from '../../../contract/run'
import { unpack } from '../../../engine/pipeline/checkpoint/archive'
import type { PackedTrajectory } from '../../../engine/pipeline/checkpoint/trajectory-codec'
import { isKeptFor } from '../../../engine/pipeline/fingerprint'
import { isBudget, withinBudget } from '../../../engine/strategies/trajectory'
import { startBackend } from '../backend'
import { checkpointFolder } from '../checkpoints'
import type { JobHandlers } from '../serve'

interface KeptDecision {
  readonly trajectory: PackedTrajectory
  readonly checkpoints: readonly TraceCheckpoint[]
}
interface KeptTrial {
  readonly passed: boolean
  readonly kl: number
}

const suffix = '.step'

/** The kept files of a run; a run that never began has no folder. */
async function filesOf(folder: string): Promise<{ key: string; bytes: number; at: number }[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const found = names
    .filter((name) => name.endsWith(suffix))
    .map(async (name) => {
      const { size, mtimeMs } = await stat(join(folder, name))
      return { key: name.slice(0, -suffix.length), bytes: size, at: mtimeMs }
    })
  return Promise.all(found)
}

/** What the goal takes of an order of removals; a search and a measured latency choose later. */
function decided({ trajectory, checkpoints }: KeptDecision, goal: Goal, before: ModelSize): Reached['decision'] {
  const ordered = trajectory.units.length
  const sizeAfter = (at: number): ModelSize => {
    const [macs = 0, params = 0, bytes = 0] = trajectory.sizes.subarray(3 * at, 3 * at + 3)
    return { macs, params, bytes }
  }
  const checkpoint = checkpoints.at(-1) ?? null
  if (!isBudget(goal)) return { ordered, removed: null, size: null, checkpoint }
  if (withinBudget(goal, before, before)) return { ordered, removed: 0, size: before, checkpoint }
  const at = trajectory.complete.findIndex((whole, i) => whole === 1 && withinBudget(goal, before, sizeAfter(i)))
  return { ordered, removed: at < 0 ? null : at + 1, size: at < 0 ? null : sizeAfter(at), checkpoint }
}

/** The backend that a run with this configuration gets now; none where it would not even start. */
const presentBackend = async ({ backend }: RunConfig): Promise<string> => {
  try {
    return (await startBackend(backend)).name
  } catch (error) {
    if (error instanceof EspalierError) return ''
    throw error
  }
}

export const reached: JobHandlers['reached'] = async ({ folder, config, size }) => {
  const { goal } = config
  const files = await filesOf(folder)
  const keys = new Set(files.map(({ key }) => key))
  // A damaged step is done again, and so it is not one.
  const kept = checkpointFolder(folder, ({ values }) => keys.delete(String(values.step)))
  const backend = files.length > 0 ? await presentBackend(config) : ''
  // Going on takes a step by its fingerprint; what it would not take is promised by nobody.
  for (const key of [...keys]) {
    const bytes = await kept.load(key)
    if (bytes && !isKeptFor(unpack<{ fingerprint: string }>(bytes).fingerprint, key, config, backend)) keys.delete(key)
  }
  const read = async <T>(key: string): Promise<T | null> => {
    const bytes = keys.has(key) ? await kept.load(key) : null
    return bytes && unpack<{ value: T }>(bytes).value
  }
  const numbered = (name: string): number[] =>
    [...keys]
      .flatMap((key) => (key.startsWith(`${name}-`) ? Number(key.slice(name.length + 1)) : []))
      .filter(Number.isInteger)
      .sort((a, b) => a - b)
  const decision = await read<KeptDecision>('decision')
  const trials = await Promise.all(numbered('trial').map((trial) => read<KeptTrial>(`trial-${trial}`)))
  const verified = await read<{ kl: number }>('verified')
  const finetune = await read<{ epoch: number }>('finetune')
  const lost = await read<{ drop: number | null; kl: number }>(`epoch-${numbered('epoch').at(-1) ?? ''}`)
  const refit = await read<{ step: number }>('refit-result')
  const newest = files.reduce((latest, { at }) => Math.max(latest, at), 0)
  return {
    steps: files.length,
    bytes: files.reduce((sum, file) => sum + file.bytes, 0),
    stale: files.length - keys.size,
    keptAt: newest > 0 ? new Date(newest).toISOString() : null,
    decision: decision && decided(decision, goal, size),
    trials: trials.flatMap((trial) => (trial ? { passed: trial.passed, kl: trial.kl } : [])),
    fittedLayers: numbered('refit').length,
    refitSteps: refit?.step ?? 0,
    pruned: keys.has('pruned'),
    kl: verified?.kl ?? null,
    epochs: finetune?.epoch ?? 0,
    lost: lost && { drop: lost.drop, kl: lost.kl },
    recovered: keys.has('recovered'),
  }
}
