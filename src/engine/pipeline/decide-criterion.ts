/** A criterion's decision: its scores, allocated; at once, or in steps after each of which it scores what is left anew. */
import { EspalierError } from '../../contract/errors'
import type { Goal } from '../../contract/run'
import { type Sentence, say, uniqueSentences } from '../../contract/sentences'
import { analyseCoupling } from '../coupling'
import { stream } from '../data/rng'
import { createCostModel } from '../evaluation'
import { inferShapes } from '../ops/infer'
import { observe } from '../statistics'
import { allocate, floorOf, type GroupLimits, groupLimits } from '../strategies/allocation'
import { type Criterion, scoreGroups, statisticsFor } from '../strategies/criteria'
import { allowance, isBudget, planOf, type Removal } from '../strategies/trajectory'
import { keptByGroup } from '../surgery'
import type { Noted } from './decision'
import { requireFiniteRun } from './finite'
import { ProgressMeter, throwIfCancelled } from './progress'
import { realise } from './realise'
import { observingOf, type Run } from './run'
import { sweepSensitivity } from './sensitivity'

/** @throws as scoring, observing and refitting do, CANCELLED */
export const decideByCriterion = (run: Run, criterion: Criterion): Promise<Noted> =>
  run.config.iterations === undefined ? rank(run, criterion) : inSteps(run, criterion, run.config.iterations)

const limitsOf = ({ config, coupling, leastUnits }: Run): GroupLimits[] =>
  groupLimits(coupling, { roundTo: config.roundTo, floor: floorOf(config.allocation), least: leastUnits })

/**
 * Everything that may go, in order.
 * @param least units of each group that stay, by name, where it is another number than the allocation's floor says
 * @throws as scoring and observing do, CANCELLED
 */
async function rank(run: Run, criterion: Criterion, least?: ReadonlyMap<string, number>): Promise<Noted> {
  const { graph, config, coupling, hooks, splits } = run
  const unlabelled: Sentence[] = []
  const statistics = criterion.needsData
    ? await run.watch.time('statisticsMs', async () => {
        run.progress.report('observe', 0, say('doing.observe-samples', { samples: splits.calibration.indices.length }))
        await requireFiniteRun(graph, coupling, splits.calibration, run.batch, hooks.signal)
        const labelled = splits.calibration.table.labels !== null
        if (criterion.needsGradients && !labelled) {
          unlabelled.push(say('run.labels-drawn', { criterion: criterion.title }))
        }
        return observe(graph, coupling, splits.calibration, statisticsFor(criterion, labelled), observingOf(run), {
          signal: hooks.signal,
          progress: (part) => run.progress.report('observe', part, say('doing.observe')),
        })
      })
    : null
  return run.watch.time('decisionMs', async () => {
    run.progress.report('decide', 0, say('doing.ranking', { criterion: criterion.title }))
    const random = (group: string) => stream(config.seed, `random:${group}`)
    const { scores, notes } = scoreGroups(graph, coupling, criterion, statistics, random)
    const sensitivity = config.allocation === 'sensitivity' ? await sweepSensitivity(run, scores) : undefined
    const trajectory = allocate(
      config.allocation,
      coupling,
      scores.map((score) => ({ scores: score, comparable: criterion.comparable ?? false })),
      limitsOf(run).map((limit, g) => {
        const kept = least?.get(coupling.groups[g]?.name as string) ?? limit.least
        return { prunable: limit.prunable && kept < (coupling.groups[g]?.units.length ?? 0), least: kept }
      }),
      config.roundTo,
      run.cost,
      sensitivity,
    )
    run.progress.report('decide', 1, say('doing.ranked', { units: trajectory.length }))
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

/** Share of the MACs that a tolerance or a latency budget is stepped down to, since it names no size. */
const deepest = 0.05

/** What is measured, and how much of it the last step leaves. */
const endOf = (goal: Goal, original: Run['cost']['original']) =>
  isBudget(goal) ? allowance(goal, original) : { measure: 'macs' as const, allowed: deepest * original.macs }

/**
 * Prunes to the goal in equal ratios: score, remove, refit as the run does, score what is left. The last step's order goes
 * on to the floor. Units are told by their places in the original network.
 */
async function inSteps(run: Run, criterion: Criterion, iterations: number): Promise<Noted> {
  const { coupling, config, cost } = run
  const least = new Map(limitsOf(run).map((limit, g) => [coupling.groups[g]?.name as string, limit.least]))
  const { measure, allowed } = endOf(config.goal, cost.original)
  const ratio = Math.min(1, allowed / cost.original[measure]) ** (1 / iterations)
  const running = cost.clone()
  const trajectory: Removal[] = []
  const rounds: number[] = []
  const notes: Sentence[] = []
  let last: Noted | undefined
  for (let step = 0; step < iterations; step++) {
    throwIfCancelled(run.hooks.signal)
    const target = ratio ** (step + 1) * cost.original[measure]
    const lastStep = step === iterations - 1
    if (running[measure] <= target && !lastStep) continue
    const now = trajectory.length === 0 ? run : await prunedRun(run, trajectory, step, notes)
    last = await rank(now, criterion, least)
    notes.push(...last.notes)
    const kept = keptByGroup(coupling, planOf(coupling, trajectory))
    const end = lastStep ? -1 : last.trajectory.findIndex((each) => each.complete && each[measure] <= target)
    const removals = end < 0 ? last.trajectory : last.trajectory.slice(0, end + 1)
    for (const removal of removals) {
      const group = coupling.groups.find(({ name }) => name === removal.group)
      const index = kept[removal.group]?.[removal.index]
      const unit = index === undefined ? undefined : group?.units[index]
      if (index === undefined || unit === undefined) {
        throw new EspalierError(
          'INTERNAL',
          `The pruned network has a group "${removal.group}" that the original has not.`,
        )
      }
      running.remove(unit)
      const { macs, params, bytes } = running
      trajectory.push({ ...removal, unit, index, macs, params, bytes })
      rounds.push(step)
    }
    run.progress.report(
      'decide',
      (step + 1) / iterations,
      say('doing.scored-anew', { step: step + 1, steps: iterations }),
    )
    if (end < 0) break
  }
  return { ...(last as Noted), trajectory, rounds, notes: uniqueSentences(notes) }
}

/** The run as it would be had it begun with the network that is left. @param notes gets what must be said of it */
async function prunedRun(run: Run, removals: readonly Removal[], step: number, notes: Sentence[]): Promise<Run> {
  const silent = { ...run, progress: new ProgressMeter([], () => {}) }
  const realised = await realise(silent, removals, `refit-step-${step}`)
  notes.push(...realised.warnings)
  const graph = inferShapes(realised.graph)
  const coupling = analyseCoupling(graph, run.config.protect)
  return { ...silent, graph, coupling, cost: createCostModel(graph, coupling) }
}
