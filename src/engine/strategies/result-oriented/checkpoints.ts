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
}

/** How fast the exchange follows what the last step cost: 1 forgets all before it. */
const FOLLOW = 0.75

/** A checkpoint is due when the predicted change, in nats, has grown to this much, and by this factor since the last. */
const FIRST = 1e-4
const GROWTH = 1.22
/** Beyond this many nats nothing is left to be learnt of the prices. */
const RUIN = 1

/** Measures the network the decision stands for, each time its predicted change has grown by another step. */
export class Checkpoints {
  readonly taken: TraceCheckpoint[] = []
  /** How much more the last step cost than its plain price, smoothed: what the next prices are multiplied by. */
  exchange = 1
  private readonly biased: Graph
  private readonly coupling: Coupling
  private readonly layers: readonly LayerConsumers[]
  private next = FIRST

  constructor(
    graph: Graph,
    layers: readonly LayerConsumers[],
    protectedNodes: readonly string[],
    private readonly tools: CheckpointTools,
  ) {
    let biased = graph
    this.layers = layers.map(({ layer, blocks }) => {
      if (!layer) return { layer, blocks }
      const step = withBias(biased, layer)
      biased = step.graph
      return { layer: step.layer, blocks }
    })
    this.biased = inferShapes(biased)
    this.coupling = analyseCoupling(this.biased, protectedNodes)
  }

  /** Takes a checkpoint where one is due. */
  async visit(removed: Uint8Array, point: Omit<TraceCheckpoint, 'measured'>, last: boolean): Promise<void> {
    if (point.predicted < this.next && !last) return
    const network = this.tools.apply(withDecidedWeights(this.biased, this.layers), this.coupling, { removed })
    const measured = await this.tools.measure(network, 'verification')
    this.next = measured > RUIN ? Number.POSITIVE_INFINITY : Math.max(FIRST, GROWTH * point.predicted)
    const before = this.taken.at(-1) ?? { predicted: 0, measured: 0 }
    const ratio = (measured - before.measured) / (point.predicted - before.predicted)
    if (ratio > 0 && Number.isFinite(ratio)) this.exchange *= Math.min(4, Math.max(0.25, ratio)) ** FOLLOW
    this.taken.push({ ...point, measured })
  }
}
