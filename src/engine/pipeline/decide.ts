/** The decision: observes the network where the strategy needs it, and orders everything that may go. */
import type { DecisionTrace, TraceCheckpoint } from '../../contract/run'
import { type Sentence, say } from '../../contract/sentences'
import { firstOf } from '../data/batches'
import { measurePairs, type PairScore, type Runner, remembered } from '../evaluation'
import { RepeatedRefit } from '../recovery/refit-repeated'
import { findStrategy, scratch } from '../strategies'
import { allocate, groupLimits } from '../strategies/allocation'
import { type Criterion, findCriterion, scoreGroups } from '../strategies/criteria'
import { decideResultOriented } from '../strategies/result-oriented'
import { allowance, isBudget, type Removal } from '../strategies/trajectory'
import { applyPlan } from '../surgery'
import { type PackedTrajectory, packTrajectory, unpackTrajectory } from './checkpoint/trajectory-codec'
import { decideByCriterion } from './decide-criterion'
import type { Decision, Noted } from './decision'
import { requireFiniteRun } from './finite'
import { breathe } from './progress'
import { type Run, withRunners } from './run'

interface KeptDecision {
  readonly trajectory: PackedTrajectory
  readonly rounds: Int32Array
  readonly checkpoints: readonly TraceCheckpoint[]
  readonly correlation: DecisionTrace['correlation']
  readonly sensitivity?: DecisionTrace['sensitivity'] | undefined
  readonly notes: readonly Sentence[]
}

/** Samples on which the decision's checkpoints are measured. */
const checkpointSamples = 256
/** Calibration samples on which a group's price is measured. */
const rateSamples = 512
/** Operators that a quick refit fits behind each that lost inputs: further ones hardly move, and would be most of the work. */
export const quickReach = 6

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

/** The same share of every group, by group norm: where prices of single removals mislead, the result prefers it. */
function uniformByNorm({ graph, coupling, config, cost }: Run): readonly Removal[] {
  const criterion = findCriterion('group-norm') as Criterion
  const { scores } = scoreGroups(graph, coupling, criterion, null, () => () => 0)
  return allocate(
    'uniform',
    coupling,
    scores.map((score) => ({ scores: score, comparable: false })),
    groupLimits(coupling, { roundTo: config.roundTo, floor: 0 }),
    config.roundTo,
    cost,
  )
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
  const quick = new RepeatedRefit(
    graph,
    coupling,
    firstOf(splits.calibration, rateSamples),
    { batch: config.batch, seed: config.seed, rectifierSteps: 0, reach: quickReach },
    { signal: hooks.signal },
  )
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
        classesLast: run.task.classAxis === 'last',
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
      ...(config.refit === 'sequential' || config.refit === 'layerwise'
        ? {
            quickRefit: (plan) => quick.refit(plan, applyPlan(graph, coupling, plan)),
          }
        : {}),
      otherOrders: isBudget(config.goal) ? [uniformByNorm(run)] : [],
      hooks: {
        signal: hooks.signal,
        progress(now, part) {
          spent[stage] += performance.now() - since
          since = performance.now()
          stage = now
          const doing = now === 'observe' ? say('doing.observe-result') : say('doing.removing')
          run.progress.report(now, part, doing)
        },
      },
    })
  }).finally(() => quick.dispose())
  spent[stage] += performance.now() - since
  for (const { scarcity, units, kl } of decided.tried) {
    const found = { units, kl: kl.toFixed(4) }
    hooks.log('info', scarcity === null ? say('decide.tried-norm', found) : say('decide.tried', { ...found, scarcity }))
  }
  run.watch.add('statisticsMs', spent.observe)
  run.watch.add('decisionMs', spent.decide)
  return decided
}
