/** The decision: observes the network where the strategy needs it, and orders everything that may go. */
import type { DecisionTrace, TraceCheckpoint } from '../../contract/run'
import { firstOf } from '../data/batches'
import { stream } from '../data/rng'
import { measurePairs, type PairScore, type Runner, remembered } from '../evaluation'
import { sequentialRefit } from '../recovery/refit'
import { observe } from '../statistics'
import { findStrategy, scratch } from '../strategies'
import { allocate, globalFloor, groupLimits } from '../strategies/allocation'
import { type Criterion, findCriterion, scoreGroups, statisticsFor } from '../strategies/criteria'
import { decideResultOriented } from '../strategies/result-oriented'
import { allowance, isBudget, type Removal } from '../strategies/trajectory'
import { applyPlan } from '../surgery'
import { type PackedTrajectory, packTrajectory, unpackTrajectory } from './checkpoint/trajectory-codec'
import { requireFiniteRun } from './finite'
import { breathe } from './progress'
import { type Run, withRunners } from './run'
import { sweepSensitivity } from './sensitivity'

export interface Decision {
  /** In order; a budget takes a prefix. */
  readonly trajectory: readonly Removal[]
  /** Round of each removal: how often the network had been observed anew. */
  readonly rounds: readonly number[]
  /** Predicted against measured change on the way; empty where prices are no prediction of it. */
  readonly checkpoints: readonly TraceCheckpoint[]
  readonly correlation: DecisionTrace['correlation']
  /** Curves of the sweep, where the allocation made one. */
  readonly sensitivity?: DecisionTrace['sensitivity'] | undefined
}

interface KeptDecision {
  readonly trajectory: PackedTrajectory
  readonly rounds: Int32Array
  readonly checkpoints: readonly TraceCheckpoint[]
  readonly correlation: DecisionTrace['correlation']
  readonly sensitivity?: DecisionTrace['sensitivity'] | undefined
  readonly notes: readonly string[]
}

type Noted = Decision & { readonly notes: readonly string[] }

/** Samples on which the decision's checkpoints are measured. */
const checkpointSamples = 256
/** Calibration samples on which a group's price is measured. */
const rateSamples = 512

/** Decides once and keeps the decision. @throws as the strategy does */
export async function decide(run: Run): Promise<Decision> {
  const { trajectory, rounds, notes, ...rest } = await run.steps.once<KeptDecision>('decision', async () => {
    const { name } = findStrategy(run.config.strategy)
    // Whose weights go does not matter where all are drawn anew.
    const criterion = findCriterion(name === scratch.name ? 'l2' : name)
    const decided = await (criterion ? decideByCriterion(run, criterion) : decideByResult(run))
    return { ...decided, trajectory: packTrajectory(decided.trajectory), rounds: Int32Array.from(decided.rounds) }
  })
  run.warnings.push(...notes)
  return { ...rest, rounds: Array.from(rounds), trajectory: unpackTrajectory(run.coupling, trajectory) }
}

/** The result-oriented decision; its checkpoints are measured on the first verification samples. */
async function decideByResult(run: Run): Promise<Noted> {
  const { graph, config, coupling, cost, hooks, splits } = run
  await run.watch.time('statisticsMs', () =>
    requireFiniteRun(graph, coupling, splits.calibration, config.batch, hooks.signal),
  )
  const { measure, allowed } = isBudget(config.goal)
    ? allowance(config.goal, cost.original)
    : { measure: 'macs' as const, allowed: 0 }
  const samples = {
    // Not those that the quick refit has seen, where there are more.
    calibration: { table: splits.calibration.table, indices: splits.calibration.indices.slice(-rateSamples) },
    verification: firstOf(splits.verification, checkpointSamples),
  }
  const options = { task: run.task, classes: run.data.classes.length, batch: config.batch }
  let stage: 'observe' | 'decide' = 'observe'
  let since = performance.now()
  const spent = { observe: 0, decide: 0 }
  const decided = await withRunners([graph], ([original]) => {
    const expected = {
      calibration: remembered(original as Runner),
      verification: remembered(original as Runner),
    }
    return decideResultOriented({
      graph,
      coupling,
      cost: cost.clone(),
      calibration: splits.calibration,
      options: {
        result: run.task.kind,
        batch: config.batch,
        seed: config.seed,
        measure,
        target: allowed,
        roundTo: config.roundTo,
        protect: config.protect,
      },
      checkpoints: {
        apply: applyPlan,
        measure: (network, on) =>
          withRunners([network], async (runners) => {
            const [score] = await measurePairs(expected[on], runners, samples[on], {
              ...options,
              onBatch: () => breathe(hooks.signal),
            })
            return (score as PairScore).kl
          }),
      },
      ...(config.refit === 'sequential'
        ? {
            quickRefit: (plan) =>
              sequentialRefit(
                graph,
                applyPlan(graph, coupling, plan),
                coupling,
                plan,
                firstOf(splits.calibration, rateSamples),
                { batch: config.batch, seed: config.seed, rectifierSteps: 0 },
                { signal: hooks.signal },
              ),
          }
        : {}),
      hooks: {
        signal: hooks.signal,
        progress(now, part) {
          spent[stage] += performance.now() - since
          since = performance.now()
          stage = now
          const detail =
            now === 'observe' ? 'Observing feature maps and the sensitivity of the result' : 'Removing units'
          run.progress.report(now, part, detail)
        },
      },
    })
  })
  spent[stage] += performance.now() - since
  run.watch.add('statisticsMs', spent.observe)
  run.watch.add('decisionMs', spent.decide)
  return decided
}

/** A criterion's scores, allocated: everything that may go, in order. */
async function decideByCriterion(run: Run, criterion: Criterion): Promise<Noted> {
  const { graph, config, coupling, hooks, splits } = run
  const unlabelled: string[] = []
  const statistics = criterion.needsData
    ? await run.watch.time('statisticsMs', async () => {
        run.progress.report('observe', 0, `Observing feature maps of ${splits.calibration.indices.length} samples`)
        await requireFiniteRun(graph, coupling, splits.calibration, config.batch, hooks.signal)
        const labelled = splits.calibration.table.labels !== null
        if (criterion.needsGradients && !labelled) {
          unlabelled.push(
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
  return run.watch.time('decisionMs', async () => {
    run.progress.report('decide', 0, `Ranking units by ${criterion.title}`)
    const random = (group: string) => stream(config.seed, `random:${group}`)
    const { scores, notes } = scoreGroups(graph, coupling, criterion, statistics, random)
    const floor = config.allocation === 'uniform' ? 0 : globalFloor
    const sensitivity = config.allocation === 'sensitivity' ? await sweepSensitivity(run, scores) : undefined
    const trajectory = allocate(
      config.allocation,
      coupling,
      scores.map((score) => ({ scores: score, comparable: criterion.comparable ?? false })),
      groupLimits(coupling, { roundTo: config.roundTo, floor }),
      config.roundTo,
      run.cost,
      sensitivity,
    )
    run.progress.report('decide', 1, `${trajectory.length} units ranked`)
    return {
      trajectory,
      rounds: trajectory.map(() => 0),
      checkpoints: [],
      correlation: { groups: [], values: [] },
      ...(sensitivity ? { sensitivity } : {}),
      notes: [...unlabelled, ...notes],
    }
  })
}
