/** Predicted against measured change along the trajectory: how a user learns what the prices are worth. */
import type { TraceCheckpoint } from '../../../contract/run'
import { analyseCoupling, type Coupling, type PruningPlan } from '../../coupling/index'
import type { Graph } from '../../graph/graph'
import { inferShapes } from '../../ops/infer'
import { withBias } from '../../statistics/linear-layer'
import type { LayerConsumers } from './consumers'
import { withDecidedWeights } from './consumers'

export interface CheckpointTools {
  /** Surgery. */
  apply(graph: Graph, coupling: Coupling, plan: PruningPlan): Graph
  /** Mean KL(original || result) of a few samples of a split, in nats. */
  measure(graph: Graph, on: 'calibration' | 'verification'): Promise<number>
  /** Points along the trajectory; default 24. */
  readonly points?: number
}

/** How fast the exchange follows what the last step cost: 1 forgets all before it. */
const FOLLOW = 0.75

/** Measures the network the decision stands for, each time the cost has fallen by another step. */
export class Checkpoints {
  readonly taken: TraceCheckpoint[] = []
  /** How much more the last step cost than its plain price, smoothed: what the next prices are multiplied by. */
  exchange = 1
  private readonly biased: Graph
  private readonly coupling: Coupling
  private readonly layers: readonly LayerConsumers[]
  private next: number
  private readonly ratio: number

  /**
   * @param now cost before the first removal of this round.
   * @param target cost it goes down to; steps are even in its logarithm.
   * @param start cost of the network as it came, which the number of points is for.
   * @param from what was predicted before this round.
   */
  constructor(
    graph: Graph,
    layers: readonly LayerConsumers[],
    protectedNodes: readonly string[],
    private readonly tools: CheckpointTools,
    now: number,
    target: number,
    start: number,
    private readonly from = 0,
  ) {
    let biased = graph
    this.layers = layers.map(({ layer, blocks }) => {
      const step = withBias(biased, layer)
      biased = step.graph
      return { layer: step.layer, blocks }
    })
    this.biased = inferShapes(biased)
    this.coupling = analyseCoupling(this.biased, protectedNodes)
    const lowest = Math.max(target, start * 1e-3)
    const share = lowest < now ? Math.log(now / lowest) / Math.log(start / lowest) : 1
    const points = Math.max(1, Math.round((tools.points ?? 24) * share))
    this.ratio = lowest < now ? (lowest / now) ** (1 / points) : 0.5
    this.next = now * this.ratio
  }

  /** Takes a checkpoint where one is due. */
  async visit(
    now: number,
    removed: Uint8Array,
    point: Omit<TraceCheckpoint, 'measured'>,
    last: boolean,
  ): Promise<void> {
    if (now > this.next && !last) return
    while (this.next >= now) this.next *= this.ratio
    const network = this.tools.apply(withDecidedWeights(this.biased, this.layers), this.coupling, { removed })
    const measured = await this.tools.measure(network, 'verification')
    const before = this.taken.at(-1) ?? { predicted: this.from, measured: 0 }
    const ratio = (measured - before.measured) / (point.predicted - before.predicted)
    if (ratio > 0 && Number.isFinite(ratio)) this.exchange *= Math.min(4, Math.max(0.25, ratio)) ** FOLLOW
    this.taken.push({ ...point, measured })
  }
}
