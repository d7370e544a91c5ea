/** The decision: observes the network where the strategy needs it, and orders everything that may go. */
import type { DecisionTrace } from '../../contract/run'
import { stream } from '../data/rng'
import { observe } from '../statistics'
import { allocate, globalFloor, groupLimits } from '../strategies/allocation'
import { type Criterion, scoreGroups, statisticsFor } from '../strategies/criteria'
import type { Removal } from '../strategies/trajectory'
import { type PackedTrajectory, packTrajectory, unpackTrajectory } from './checkpoint/trajectory-codec'
import { requireFiniteRun } from './finite'
import type { Run } from './run'

export interface Decision {
  /** In order; a budget takes a prefix. */
  readonly trajectory: readonly Removal[]
  /** Round of each removal. */
  readonly rounds: readonly number[]
  readonly correlation: DecisionTrace['correlation']
}

interface KeptDecision {
  readonly trajectory: PackedTrajectory
  readonly rounds: Int32Array
  readonly correlation: DecisionTrace['correlation']
  readonly notes: readonly string[]
}

/** Decides once and keeps the decision. @throws as the strategy does */
export async function decide(
  run: Run,
  work: (run: Run) => Promise<Decision & { notes: readonly string[] }>,
): Promise<Decision> {
  const kept = await run.steps.once<KeptDecision>('decision', async () => {
    const { trajectory, rounds, correlation, notes } = await work(run)
    return { trajectory: packTrajectory(trajectory), rounds: Int32Array.from(rounds), correlation, notes }
  })
  run.warnings.push(...kept.notes)
  return {
    trajectory: unpackTrajectory(run.coupling, kept.trajectory),
    rounds: Array.from(kept.rounds),
    correlation: kept.correlation,
  }
}

/** A criterion's scores, allocated: everything that may go, in order. */
export async function decideByCriterion(
  run: Run,
  criterion: Criterion,
): Promise<Decision & { notes: readonly string[] }> {
  const { graph, config, coupling, hooks, splits } = run
  const statistics = criterion.needsData
    ? await run.watch.time('statisticsMs', async () => {
        run.progress.report('observe', 0, `Observing feature maps of ${splits.calibration.indices.length} samples`)
        await requireFiniteRun(graph, coupling, splits.calibration, config.batch, hooks.signal)
        const labelled = splits.calibration.table.labels !== null
        if (criterion.needsGradients && !labelled) {
          run.warnings.push(
            `${criterion.title} needs labels, which this data has not; labels drawn from the network's own result were used.`,
          )
        }
        return observe(
          graph,
          coupling,
          splits.calibration,
          statisticsFor(criterion, labelled),
          { result: run.task.kind, batch: config.batch, seed: config.seed },
          {
            signal: hooks.signal,
            progress: (part) => run.progress.report('observe', part, 'Observing feature maps'),
          },
        )
      })
    : null
  return run.watch.time('decisionMs', () => {
    run.progress.report('decide', 0, `Ranking units by ${criterion.title}`)
    const random = (group: string) => stream(config.seed, `random:${group}`)
    const { scores, notes } = scoreGroups(graph, coupling, criterion, statistics, random)
    const floor = config.allocation === 'global' ? globalFloor : 0
    const trajectory = allocate(
      config.allocation,
      coupling,
      scores.map((score) => ({ scores: score, comparable: criterion.comparable ?? false })),
      groupLimits(coupling, { roundTo: config.roundTo, floor }),
      config.roundTo,
      run.cost,
    )
    run.progress.report('decide', 1, `${trajectory.length} units ranked`)
    return { trajectory, rounds: trajectory.map(() => 0), correlation: { groups: [], values: [] }, notes }
  })
}
