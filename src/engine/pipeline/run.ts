/** What every stage of a run shares: the inputs, the analysis, the splits, kept steps, progress and time. */
import type { RunConfig, RunResult } from '../../contract/run'
import { type Sentence, say } from '../../contract/sentences'
import type { Coupling } from '../coupling'
import type { Batch, DataSource, Splits } from '../data/types'
import type { CostModel, MeasureOptions, Runner, Task } from '../evaluation'
import type { Graph } from '../graph/graph'
import type { ResultForm } from '../recovery/result-loss'
import { createNetwork, type Network } from '../runtime'
import type { ObserveOptions } from '../statistics'
import type { Steps } from './checkpoint/steps'
import { breathe, type ProgressMeter } from './progress'
import type { PipelineHooks } from './types'

export type Timed = Exclude<keyof RunResult['timing'], 'totalMs'>

/** Time a stage, summed where a stage comes more than once. */
export class Stopwatch {
  private readonly started = performance.now()
  private readonly spent: Record<Timed, number> = {
    analysisMs: 0,
    statisticsMs: 0,
    decisionMs: 0,
    surgeryMs: 0,
    recoveryMs: 0,
  }

  async time<T>(stage: Timed, work: () => Promise<T> | T): Promise<T> {
    const start = performance.now()
    try {
      return await work()
    } finally {
      this.add(stage, performance.now() - start)
    }
  }

  add(stage: Timed, milliseconds: number): void {
    this.spent[stage] += milliseconds
  }

  timing(): RunResult['timing'] {
    return { ...this.spent, totalMs: performance.now() - this.started }
  }
}

export interface Run {
  readonly graph: Graph
  readonly data: DataSource
  readonly config: RunConfig
  readonly hooks: PipelineHooks
  readonly coupling: Coupling
  /** Of the whole network; clone it before removing. */
  readonly cost: CostModel
  /** Samples computed at once: those that were asked for, or fewer where feature maps are large. */
  readonly batch: number
  /** Units of every group that stay at least. */
  readonly leastUnits: number
  readonly splits: Splits
  readonly task: Task
  readonly backend: string
  readonly steps: Steps
  readonly progress: ProgressMeter
  readonly watch: Stopwatch
  /** Sentences the user must read. */
  readonly warnings: Sentence[]
}

/** What the network's output parametrises, and where its classes lie. */
export const resultFormOf = ({ task }: Run): ResultForm => ({
  kind: task.kind,
  classesLast: task.classAxis === 'last',
})

/** How a network is observed in this run. */
export const observingOf = ({ task, batch, config: { seed } }: Run): ObserveOptions => ({
  result: task.kind,
  classesLast: task.classAxis === 'last',
  batch,
  seed,
})

/** The first output of a network as an evaluation's runner. */
export function runnerOf(graph: Graph, network: Network): Runner {
  const name = graph.outputs[0]?.name as string
  return async (batch: Batch) => {
    const outputs = await network.run(batch.inputs)
    return outputs.get(name) as NonNullable<ReturnType<typeof outputs.get>>
  }
}

/** Runs some work with networks that are ready to run, and frees them afterwards. */
export async function withRunners<T>(
  graphs: readonly Graph[],
  work: (runners: readonly Runner[]) => Promise<T>,
): Promise<T> {
  const networks: Network[] = []
  const known = new Map<Graph, Runner>()
  try {
    for (const graph of graphs) {
      if (known.has(graph)) continue
      const network = createNetwork(graph)
      networks.push(network)
      known.set(graph, runnerOf(graph, network))
    }
    return await work(graphs.map((graph) => known.get(graph) as Runner))
  } finally {
    for (const network of networks) network.dispose()
  }
}

/** How a split is measured in this run; progress counts as `stage` from `from` to `to` (0..1). */
export function measureOptions(
  run: Run,
  stage: 'verify' | 'recover' | 'evaluate',
  what: Sentence,
  from = 0,
  to = 1,
): MeasureOptions {
  return {
    task: run.task,
    classes: run.data.classes.length,
    batch: run.batch,
    async onBatch(done, total) {
      run.progress.report(stage, from + ((to - from) * done) / total, say('doing.samples-of', { what, done, total }))
      await breathe(run.hooks.signal)
    },
  }
}
