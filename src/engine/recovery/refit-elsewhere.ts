/** Refits of many plans of one network side by side: on workers where there are some, with the same bytes. */
import type { Coupling, PruningPlan } from '../coupling/index'
import type { Selection } from '../data/types'
import { Graph, type GraphParts } from '../graph/graph'
import { Crew, type Piece, plainGraph, type WorkerPool } from '../runtime/parallel'
import type { RefitHooks, RefitOptions } from './refit'
import { RepeatedRefit, SHARED_BYTES } from './refit-repeated'
import { type SharedSamples, selectionOf, sharedSamples } from './shared-samples'
import { untilCancelled } from './until-cancelled'

/** Whoever makes them disposes them. */
export interface PlanRefits {
  /** Plans that may be asked for at the same time. */
  readonly atOnce: number
  /** @throws as `sequentialRefit` */
  refit(plan: PruningPlan, pruned: Graph): Promise<Graph>
  dispose(): void
}

interface Setup {
  readonly network: GraphParts
  readonly coupling: Coupling
  readonly samples: SharedSamples
  readonly options: RefitOptions
}

interface Part {
  readonly plan: PruningPlan
  readonly pruned: GraphParts
}

export const planRefitPiece: Piece<Setup, Part, GraphParts> = {
  name: 'refit of a plan',
  open({ network, coupling, samples, options }) {
    const refits = new RepeatedRefit(new Graph(network), coupling, selectionOf(samples), options)
    return {
      run: async ({ plan, pruned }) => plainGraph(await refits.refit(plan, new Graph(pruned))),
      dispose: () => refits.dispose(),
    }
  },
}

/** As for {@link RepeatedRefit}. @param workers null: this thread, one plan after the other. */
export function planRefits(
  original: Graph,
  coupling: Coupling,
  calibration: Selection,
  options: RefitOptions,
  hooks: Pick<RefitHooks, 'signal'>,
  workers: WorkerPool | null,
): PlanRefits {
  const samples = workers && sharedSamples(calibration)
  if (workers && samples) return new RefitsElsewhere(original, coupling, samples, options, hooks, workers)
  const here = new RepeatedRefit(original, coupling, calibration, options, hooks)
  return { atOnce: 1, refit: (plan, pruned) => here.refit(plan, pruned), dispose: () => here.dispose() }
}

class RefitsElsewhere implements PlanRefits {
  readonly atOnce: number
  private readonly crew: Crew<Setup, Part, GraphParts>

  constructor(
    original: Graph,
    coupling: Coupling,
    samples: SharedSamples,
    options: RefitOptions,
    private readonly hooks: Pick<RefitHooks, 'signal'>,
    workers: WorkerPool,
  ) {
    // One that waits behind each that is worked on.
    this.atOnce = workers.size + 1
    const { memoryBytes = 2 ** 30, sharedBytes = SHARED_BYTES } = options
    this.crew = new Crew(
      planRefitPiece,
      {
        network: plainGraph(original),
        coupling,
        samples,
        options: { ...options, memoryBytes: memoryBytes / workers.size, sharedBytes: sharedBytes / workers.size },
      },
      workers,
    )
  }

  async refit(plan: PruningPlan, pruned: Graph): Promise<Graph> {
    return new Graph(await untilCancelled(this.crew.run({ plan, pruned: plainGraph(pruned) }), this.hooks.signal))
  }

  dispose(): void {
    this.crew.dispose()
  }
}
