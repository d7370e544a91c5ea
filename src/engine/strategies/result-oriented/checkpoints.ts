/** Predicted against measured change along the trajectory: how a user learns what the prices are worth. */
import type { TraceCheckpoint } from '../../../contract/run'
import { analyseCoupling, type Coupling, type PruningPlan } from '../../coupling/index'
import type { Graph } from '../../graph/graph'
import type { Removal } from '../trajectory'
import type { LayerConsumers } from './consumers'
import { withBiases, withDecidedWeights } from './consumers'

export interface CheckpointTools {
  /** Surgery. */
  apply(graph: Graph, coupling: Coupling, plan: PruningPlan): Graph
  /** Mean KL(original || result) of a few samples of a split, in nats. */
  measure(graph: Graph, on: 'calibration' | 'verification'): Promise<number>
}

/** A place on the trajectory; nothing is measured there yet. */
export type Place = Omit<TraceCheckpoint, 'measured'>

/** A decision with its prices as they are told. */
export interface ToldDecision {
  readonly trajectory: readonly Removal[]
  readonly checkpoints: readonly TraceCheckpoint[]
}

/** Checkpoints of a decision that has as many steps. */
const MOST = 22
/** Nats from which a change is worth a checkpoint, and beyond which nothing is left to be learnt of the prices. */
const FIRST = 1e-6
const RUIN = 3
/** Places whose predicted changes are no further apart than this, relative to one another, say the same. */
const APART = 0.02

/** All places where a plan may end. @param removals priced in nats */
export function placesOf(removals: readonly Removal[]): Place[] {
  const places: Place[] = []
  let predicted = 0
  removals.forEach(({ price, macs, complete }, i) => {
    predicted += price
    if (complete) places.push({ step: i + 1, macs, predicted })
  })
  return places
}

/**
 * Where it is worth measuring: as evenly as can be by the logarithm of what is predicted, because the first removals cost
 * a millionth of what the last ones do, with the end among them.
 */
export function placesToMeasure(places: readonly Place[]): Place[] {
  if (places.length === 0) return []
  const logs = places.map(({ predicted }) => Math.log(Math.max(predicted, FIRST)))
  const first = Math.max(
    0,
    logs.findIndex((log) => log > Math.log(FIRST)),
  )
  const ruin = places.findIndex(({ predicted }) => predicted > RUIN)
  const last = ruin < 0 ? places.length - 1 : ruin
  const at = (i: number) => logs[i] as number
  const start = Math.min(first, last)
  const taken = [...new Set([start, ...evenly(logs, start, last), last])]
  /** The place inside a gap that divides it best; null where all of them say what its ends do. */
  const between = ([from, to]: readonly [number, number]): number | null => {
    const middle = (at(from) + at(to)) / 2
    let best: number | null = null
    for (let i = from + 1; i < to; i++) {
      if (at(i) - at(from) <= APART || at(to) - at(i) <= APART) continue
      if (best === null || Math.abs(at(i) - middle) < Math.abs(at(best) - middle)) best = i
    }
    return best
  }
  while (taken.length < MOST) {
    const gaps = taken.slice(1).map((to, i) => [taken[i] as number, to] as const)
    gaps.sort(([a, b], [c, d]) => at(d) - at(c) - (at(b) - at(a)))
    const middle = gaps.map(between).find((place) => place !== null)
    if (middle === undefined || middle === null) break
    taken.push(middle)
    taken.sort((a, b) => a - b)
  }
  if (last < places.length - 1) taken.push(places.length - 1)
  return taken.map((i) => places[i] as Place)
}

/** Indices between the two whose numbers, which never fall, are nearest to equal steps from the one to the other. */
function evenly(numbers: readonly number[], from: number, to: number): number[] {
  const [low, high] = [numbers[from] as number, numbers[to] as number]
  const found: number[] = []
  let i = from
  for (let k = 1; k < MOST - 1; k++) {
    const wanted = low + ((high - low) * k) / (MOST - 1)
    const away = (at: number) => Math.abs((numbers[at] as number) - wanted)
    while (i < to - 1 && away(i + 1) < away(i)) i++
    if (i > from && i < to) found.push(i)
  }
  return found
}

/** The networks that a decision stands for on its way, with its own weights. */
export class DecidedNetworks {
  private readonly biased: Graph
  private readonly coupling: Coupling
  private readonly layers: readonly LayerConsumers[]

  /** @param layers which the decision changes as it goes */
  constructor(
    graph: Graph,
    layers: readonly LayerConsumers[],
    protectedNodes: readonly string[],
    private readonly tools: CheckpointTools,
  ) {
    const biased = withBiases(graph, layers)
    this.biased = biased.graph
    this.layers = biased.layers
    this.coupling = analyseCoupling(this.biased, protectedNodes)
  }

  /** As things stand, when these units are gone. */
  present(plan: PruningPlan): Graph {
    return this.tools.apply(withDecidedWeights(this.biased, this.layers), this.coupling, plan)
  }
}

/** Growth, as a logarithm, from which a step says all it can: what less of it seems to cost is noise in part. */
const GROWN = 0.2
/** How fast what is told follows what the last step cost (1 forgets all before it), and the trend of that. */
const FOLLOW = 0.75
const TREND = 0.6
/** What the trend keeps of itself. */
const MEMORY = 0.8
/** What a single step may say, at most, of the worth of a nat. */
const SWING = Math.log(4)

/**
 * Prices as they are told: each multiplied by what nats have cost of late, since changes add up faster than their
 * second-order prices where much is gone. What is told of a removal follows from what was measured before it alone, so that
 * predicted against measured remains a test.
 * @param measured at places of the removals, in order
 */
export function toldPrices(
  removals: readonly Removal[],
  measured: readonly Omit<TraceCheckpoint, 'predicted'>[],
): ToldDecision {
  const told: Removal[] = []
  const checkpoints: TraceCheckpoint[] = []
  let [exchange, trend, predicted] = [1, 0, 0]
  let before = { predicted: 0, measured: 0 }
  const tellTo = (step: number) => {
    for (const removal of removals.slice(told.length, step)) {
      const price = removal.price * exchange
      predicted += price
      told.push({ ...removal, price })
    }
  }
  for (const point of measured) {
    tellTo(point.step)
    checkpoints.push({ ...point, predicted })
    const ratio = (point.measured - before.measured) / (predicted - before.predicted)
    if (ratio > 0 && Number.isFinite(ratio)) {
      const more = Math.min(SWING, Math.max(-SWING, Math.log(ratio)))
      const grown = before.predicted > 0 ? Math.min(1, Math.log(predicted / before.predicted) / GROWN) : 1
      trend += grown * (1 - MEMORY) * (more - trend)
      exchange *= Math.exp(grown * (FOLLOW * more + TREND * trend))
    }
    before = { predicted, measured: point.measured }
  }
  tellTo(removals.length)
  return { trajectory: told, checkpoints }
}
