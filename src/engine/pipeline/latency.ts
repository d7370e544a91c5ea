/** A latency budget: latencies are measured along the trajectory, and the largest network that is fast enough stays. */
import { EspalierError } from '../../contract/errors'
import type { Goal, LatencyPoint } from '../../contract/run'
import { say } from '../../contract/sentences'
import { type Latency, measureLatencyInTime, neverRising } from '../evaluation'
import type { Graph } from '../graph/graph'
import { createNetwork } from '../runtime'
import { planOf, type Removal } from '../strategies/trajectory'
import { applyPlan } from '../surgery'
import { throwIfCancelled } from './progress'
import type { Run } from './run'

/** Shares of the MACs at which networks are measured first. */
const ladder = [1, 0.8, 0.6, 0.45, 0.33, 0.25, 0.18, 0.12, 0.08, 0.05, 0]
/** Then so many between the last one too slow and the first one fast enough, and so often. */
const between = 6
const refinements = 2

export interface LatencyChoice {
  /** Removals after which the budget is first met. */
  readonly steps: number
  /** What was measured, by removals. */
  readonly table: readonly LatencyPoint[]
}

/**
 * Weights are as surgery leaves them: a refit changes no latency.
 * @throws BUDGET_UNREACHABLE with what the smallest network takes, CANCELLED
 */
export async function chooseByLatency(run: Run, trajectory: readonly Removal[], goal: Goal): Promise<LatencyChoice> {
  const ends = [0]
  trajectory.forEach((removal, i) => {
    if (removal.complete) ends.push(i + 1)
  })
  const macsAt = (end: number) => (end === 0 ? run.cost.original.macs : (trajectory[end - 1] as Removal).macs)
  const firstAt = (share: number) => {
    const place = ends.findIndex((end) => macsAt(end) <= share * run.cost.original.macs)
    return place < 0 ? ends.length - 1 : place
  }
  const known = new Map<number, LatencyPoint>()
  const measure = async (places: readonly number[], part: number) => {
    const wanted = [...new Set(places)].sort((a, b) => a - b)
    run.progress.report('apply', part, say('doing.latency', { networks: wanted.length }))
    const steps = wanted.map((place) => ends[place] as number)
    const networks = steps.map((count) =>
      count === 0 ? run.graph : applyPlan(run.graph, run.coupling, planOf(run.coupling, trajectory.slice(0, count))),
    )
    const latencies = await latenciesOf(run, networks)
    wanted.forEach((place, i) => {
      const { median, low, high } = latencies[i] as Latency
      const step = steps[i] as number
      known.set(place, { step, macs: macsAt(step), median, low, high })
    })
  }
  /** The first measured place that is fast enough, and the one before it. */
  const border = (): { slow: number; fast: number } => {
    const places = [...known.keys()].sort((a, b) => a - b)
    const smooth = neverRising(places.map((place) => (known.get(place) as LatencyPoint).median))
    const at = smooth.findIndex((median) => median <= goal.value)
    if (at < 0)
      throw unreachable(goal, known.get(0) as LatencyPoint, known.get(places.at(-1) as number) as LatencyPoint)
    return { slow: at === 0 ? 0 : (places[at - 1] as number), fast: places[at] as number }
  }
  await measure(ladder.map(firstAt), 0)
  for (let round = 1; round <= refinements; round++) {
    const { slow, fast } = border()
    if (fast - slow < 2) break
    const spread = Array.from(
      { length: between },
      (_, i) => slow + Math.round(((i + 1) * (fast - slow)) / (between + 1)),
    )
    await measure([0, slow, ...spread, fast], 0.05 * round)
  }
  const { fast } = border()
  return {
    steps: ends[fast] as number,
    table: [...known].sort(([a], [b]) => a - b).map(([, point]) => point),
  }
}

async function latenciesOf(run: Run, networks: readonly Graph[]): Promise<readonly Latency[]> {
  const { hooks, splits } = run
  const sample = splits.calibration.table.read(splits.calibration.indices.subarray(0, 1))
  if (hooks.latencyOf) return hooks.latencyOf(networks, sample, hooks.signal)
  const opened = networks.map((network) => createNetwork(network))
  try {
    const calls = opened.map((network) => async () => {
      throwIfCancelled(hooks.signal)
      await network.run(sample.inputs)
    })
    return await measureLatencyInTime(calls, () => performance.now())
  } finally {
    for (const network of opened) network.dispose()
  }
}

const unreachable = (goal: Goal, original: LatencyPoint, smallest: LatencyPoint): EspalierError =>
  new EspalierError(
    'BUDGET_UNREACHABLE',
    say('error.latency-unreachable', {
      wanted: goal.value,
      original: original.median.toFixed(3),
      smallest: smallest.median.toFixed(3),
    }),
  )
