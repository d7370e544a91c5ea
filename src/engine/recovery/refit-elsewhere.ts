/** Refits of many plans of one network side by side: on workers where there are some, with the same bytes. */
import { EspalierError } from '../../contract/errors'
import type { Coupling, PruningPlan } from '../coupling/index'
import type { Batch, Selection } from '../data/types'
import { Graph, type GraphParts } from '../graph/graph'
import { Crew, type Piece, plainGraph, type WorkerPool } from '../runtime/parallel'
import type { RefitHooks, RefitOptions } from './refit'
import { RepeatedRefit, SHARED_BYTES } from './refit-repeated'

/** Samples that take more are not copied to where workers can read them. */
const MOST_BYTES = 2 ** 28

/** Whoever makes them disposes them. */
export interface PlanRefits {
  /** Plans that may be asked for at the same time. */
  readonly atOnce: number
  /** @throws as `sequentialRefit` */
  refit(plan: PruningPlan, pruned: Graph): Promise<Graph>
  dispose(): void
}

type Input = Batch['inputs'] extends ReadonlyMap<string, infer T> ? T : never

/** Samples in shared memory, by input. */
interface SharedSamples {
  readonly count: number
  readonly inputs: ReadonlyMap<string, Input>
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
    return new Graph(await this.untilCancelled(this.crew.run({ plan, pruned: plainGraph(pruned) })))
  }

  /** A worker ends what it has begun, which nobody waits for. @throws CANCELLED */
  private untilCancelled<T>(answer: Promise<T>): Promise<T> {
    const { signal } = this.hooks
    if (!signal) return answer
    return new Promise((resolve, reject) => {
      const cancel = () => reject(new EspalierError('CANCELLED', 'The refit was cancelled.'))
      if (signal.aborted) cancel()
      signal.addEventListener('abort', cancel, { once: true })
      answer.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel))
    })
  }

  dispose(): void {
    this.crew.dispose()
  }
}

/** null where they take too much. */
function sharedSamples({ table, indices }: Selection): SharedSamples | null {
  if (indices.length === 0) return null
  const one = table.read(indices.subarray(0, 1))
  const bytes = [...one.inputs.values()].reduce((sum, { data }) => sum + data.byteLength, 0)
  if (bytes * indices.length > MOST_BYTES) return null
  const all = table.read(indices)
  return {
    count: all.count,
    inputs: new Map(
      [...all.inputs].map(([name, { dims, data }]) => {
        const memory = new SharedArrayBuffer(data.byteLength)
        const shared = data instanceof Int32Array ? new Int32Array(memory) : new Float32Array(memory)
        shared.set(data)
        return [name, { dims, data: shared }]
      }),
    ),
  }
}

/** What was shared as a table whose batches are copies. */
function selectionOf({ count, inputs }: SharedSamples): Selection {
  const read = (indices: Int32Array): Batch => ({
    count: indices.length,
    inputs: new Map([...inputs].map(([name, input]) => [name, rowsOf(input, count, indices)])),
    labels: null,
  })
  return { table: { count, labels: null, read }, indices: Int32Array.from({ length: count }, (_, i) => i) }
}

function rowsOf({ dims, data }: Input, count: number, indices: Int32Array): Input {
  const width = data.length / count
  const rows =
    data instanceof Int32Array ? new Int32Array(width * indices.length) : new Float32Array(width * indices.length)
  indices.forEach((row, i) => {
    rows.set(data.subarray(row * width, (row + 1) * width), i * width)
  })
  return { dims: [indices.length, ...dims.slice(1)], data: rows }
}
