/** The decision: observes the network where the strategy needs it, and orders everything that may go. */
import { toErrorReport } from '../../contract/errors'
import type { DecisionTrace, TraceCheckpoint } from '../../contract/run'
import { type Sentence, say } from '../../contract/sentences'
import type { PruningPlan } from '../coupling'
import { firstOf } from '../data/batches'
import { measurePairs, type PairScore, recurrentTurns, remembered } from '../evaluation'
import type { Graph } from '../graph/graph'
import { type PlanRefits, planRefits } from '../recovery/refit-elsewhere'
import { isResultRefittable } from '../recovery/refit-result'
import { batchOfStep, trialStepsFor } from '../recovery/refit-steps'
import { type ResultTrials, resultTrials } from '../recovery/refit-trials'
import { createNetwork, type Network, workersFor } from '../runtime'
import { findStrategy, scratch } from '../strategies'
import { type Criterion, findCriterion } from '../strategies/criteria'
import { type PricedNetwork, priceNetwork, type TriedOrder } from '../strategies/result-oriented'
import { allowance, isBudget } from '../strategies/trajectory'
import { applyPlan } from '../surgery'
import { type PackedTrajectory, packTrajectory, unpackTrajectory } from './checkpoint/trajectory-codec'
import { decideByCriterion } from './decide-criterion'
import type { Decision, Noted } from './decision'
import { requireFiniteRun } from './finite'
import { otherOrders } from './other-orders'
import { breathe } from './progress'
import { observingOf, type Run, resultFormOf, runnerOf, withRunners } from './run'
import { refittedOn } from './work'

interface KeptDecision {
  readonly trajectory: PackedTrajectory
  readonly rounds: Int32Array
  readonly checkpoints: readonly TraceCheckpoint[]
  readonly correlation: DecisionTrace['correlation']
  readonly sensitivity?: DecisionTrace['sensitivity'] | undefined
  readonly notes: readonly Sentence[]
}

/**
 * What checkpoints are measured on and refitted from: they choose nothing, so that a heavy network makes do with as many
 * samples as so many multiply-accumulates pay for. A light one can have more, without which the steps between
 * checkpoints are noise; not where time steps, that follow one another, make up its time.
 */
const mostChecked = (turns: number) => (turns > 0 ? 256 : 1024)
const checkedOn = (macs: number, turns: number) => Math.min(mostChecked(turns), Math.max(64, Math.round(3e9 / macs)))
const fitOf = (macs: number, turns: number) => Math.min(mostChecked(turns), Math.max(32, Math.round(8e8 / macs)))
/**
 * Calibration samples from which a group's price is measured, and as many others on which: fewer where groups and
 * multiply-accumulates are many, which the last refit, that sees all of them, makes good.
 */
const rateSamplesOf = (macs: number, groups: number) =>
  Math.min(512, Math.max(128, Math.round(5e11 / (macs * Math.max(1, groups)))))
/** What rows of the original the refits of checkpoints may share. */
const checkpointBytes = 2 ** 28
/** Operators that a quick refit fits behind each that lost inputs: further ones hardly move, and would be most of the work. */
export const quickReach = 4

/** The criterion of a run; none where the result decides. Whose weights go does not matter where all are drawn anew. */
function criterionOf({ config }: Run): Criterion | undefined {
  const { name } = findStrategy(config.strategy)
  return findCriterion(name === scratch.name ? 'l2' : name)
}

/** Decides once and keeps the decision. @throws as the strategy does */
export function decide(run: Run): Promise<Decision> {
  return kept(run, 'decision', async () => {
    const criterion = criterionOf(run)
    if (criterion) return decideByCriterion(run, criterion)
    const byResult = new ByResult(run)
    try {
      const { goal } = run.config
      return await byResult.tell(
        await byResult.decideTo(isBudget(goal) ? allowance(goal, run.cost.original).allowed : 0),
      )
    } finally {
      byResult.dispose()
    }
  })
}

/** Decides to one number of MACs after the other, for a goal that is searched for. */
export interface Decider {
  /** @returns null where no network is so small. @throws as the strategy does */
  decideTo(macs: number, trial: number): Promise<Decision | null>
  /** The one that was taken, with what was measured on its way. @throws as the strategy does */
  tell(decision: Decision): Promise<Decision>
  dispose(): void
}

/** A criterion's order serves them all; the result chooses among several orders for each. */
export async function deciderOf(run: Run): Promise<Decider> {
  if (criterionOf(run)) {
    const decision = await decide(run)
    return {
      async decideTo(macs) {
        const at = decision.trajectory.findIndex((removal) => removal.complete && removal.macs <= macs)
        return at < 0 ? null : { ...decision, trajectory: decision.trajectory.slice(0, at + 1) }
      },
      tell: async (taken) => taken,
      dispose: () => undefined,
    }
  }
  const byResult = new ByResult(run)
  return {
    async decideTo(macs, trial) {
      try {
        return await kept(run, `decision-${trial}-${Math.round(macs)}`, () => byResult.decideTo(macs))
      } catch (error) {
        if (toErrorReport(error).code === 'BUDGET_UNREACHABLE') return null
        throw error
      }
    },
    tell: (decision) => kept(run, 'decision-told', () => byResult.tell({ ...decision, notes: [] })),
    dispose: () => byResult.dispose(),
  }
}

async function kept(run: Run, key: string, compute: () => Promise<Noted>): Promise<Decision> {
  const { trajectory, rounds, notes, ...rest } = await run.steps.once<KeptDecision>(key, async () => {
    const decided = await compute()
    return { ...decided, trajectory: packTrajectory(decided.trajectory), rounds: Int32Array.from(decided.rounds) }
  })
  run.warnings.push(...notes)
  return { ...rest, rounds: Array.from(rounds), trajectory: unpackTrajectory(run.coupling, trajectory) }
}

/** What a log says of an order that was tried. */
function sayingsOf({ by, units, kl, foretold }: TriedOrder): Sentence[] {
  const found = { units, kl: kl.toFixed(4) }
  const tried =
    typeof by === 'number'
      ? say('decide.tried', { ...found, scarcity: by })
      : say(by === 'fisher' ? 'decide.tried-fisher' : 'decide.tried-norm', found)
  return foretold === undefined ? [tried] : [tried, say('decide.foretold', { units, kl: foretold.toFixed(4) })]
}

/** The result-oriented decision: observes once, then decides to any goal. Checkpoints are measured on the first verification samples. */
class ByResult {
  private readonly quick: PlanRefits
  private readonly checkpoints: PlanRefits
  private readonly original: Network
  private trials: ResultTrials | null = null
  private unforeseeable = false
  private priced: Promise<PricedNetwork> | null = null
  private readonly rateSamples: number
  private stage: 'observe' | 'decide' = 'observe'
  private since = performance.now()

  constructor(private readonly run: Run) {
    const { graph, coupling, config, cost, splits, hooks } = run
    this.original = createNetwork(graph)
    const groups = coupling.groups.filter(({ prunable }) => prunable).length
    this.rateSamples = rateSamplesOf(cost.original.macs, groups)
    // Both networks of every plan, and the sums.
    const workers = groups > 1 ? workersFor(3 * cost.original.macs * this.rateSamples * groups) : null
    const refits = (samples: number, options: { reach: number; sharedBytes?: number }) =>
      planRefits(
        graph,
        coupling,
        firstOf(splits.calibration, samples),
        { batch: run.batch, seed: config.seed, rectifierSteps: 0, ...options },
        { signal: hooks.signal },
        workers,
      )
    this.quick = refits(this.rateSamples, { reach: quickReach })
    this.checkpoints = refits(fitOf(cost.original.macs, recurrentTurns(graph)), {
      reach: 0,
      sharedBytes: checkpointBytes,
    })
  }

  /** @param target 0: everything that may go is ordered. @throws as the strategy does */
  async decideTo(target: number): Promise<Noted> {
    const { run } = this
    this.since = performance.now()
    try {
      this.priced ??= this.price()
      const decided = await (await this.priced).decideTo(target)
      for (const order of decided.tried) for (const told of sayingsOf(order)) run.hooks.log('info', told)
      return { ...decided, rounds: decided.trajectory.map(() => 0), checkpoints: [] }
    } finally {
      this.lap()
    }
  }

  /** With what was measured on its way. @throws as measuring does */
  async tell(decided: Noted): Promise<Noted> {
    this.since = performance.now()
    try {
      this.priced ??= this.price()
      return { ...decided, ...(await (await this.priced).told(decided.trajectory)) }
    } finally {
      this.lap()
    }
  }

  dispose(): void {
    this.trials?.dispose()
    this.quick.dispose()
    this.checkpoints.dispose()
    this.original.dispose()
  }

  /** null once it turned out that this network cannot be refitted on its result. @throws CANCELLED, and as running it does */
  private async foretell(network: Graph): Promise<number | null> {
    if (this.unforeseeable) return null
    try {
      this.trials ??= this.makeTrials()
      return await this.trials.divergenceOf(network)
    } catch (error) {
      const { code } = toErrorReport(error)
      if (code !== 'MODEL_UNSUPPORTED_OPERATOR' && code !== 'MODEL_UNSUPPORTED_FEATURE') throw error
      this.unforeseeable = true
      return null
    }
  }

  private makeTrials(): ResultTrials {
    const { graph, config, cost, splits, hooks } = this.run
    const { calibration, finetune } = splits
    const samples = refittedOn(splits, config.refitSamples)
    const steps = trialStepsFor(cost.original.macs, recurrentTurns(graph), samples)
    return resultTrials(
      graph,
      calibration,
      finetune.indices.subarray(0, config.refitSamples),
      { form: resultFormOf(this.run), seed: config.seed, steps },
      hooks.signal,
      workersFor(3 * cost.original.macs * steps * batchOfStep),
    )
  }

  private lap(): void {
    this.run.watch.add(this.stage === 'observe' ? 'statisticsMs' : 'decisionMs', performance.now() - this.since)
    this.since = performance.now()
  }

  private async price(): Promise<PricedNetwork> {
    const { run, quick } = this
    const { graph, config, coupling, cost, hooks, splits } = run
    await requireFiniteRun(graph, coupling, splits.calibration, run.batch, hooks.signal)
    const foreseen = config.refit === 'sequential' && isResultRefittable(splits.calibration)
    const samples = {
      // Not those that the quick refit has seen, where there are more.
      calibration: { table: splits.calibration.table, indices: splits.calibration.indices.slice(-this.rateSamples) },
      verification: firstOf(splits.verification, checkedOn(cost.original.macs, recurrentTurns(graph))),
    }
    const expected = {
      calibration: remembered(runnerOf(graph, this.original)),
      verification: remembered(runnerOf(graph, this.original)),
    }
    const measuring = {
      task: run.task,
      classes: run.data.classes.length,
      batch: run.batch,
      onBatch: () => breathe(hooks.signal),
    }
    const ofPlans = (refits: PlanRefits) => ({
      atOnce: refits.atOnce,
      refit: (plan: PruningPlan) => refits.refit(plan, applyPlan(graph, coupling, plan)),
    })
    return priceNetwork({
      graph,
      coupling,
      cost,
      calibration: splits.calibration,
      options: {
        ...observingOf(run),
        measure: isBudget(config.goal) ? allowance(config.goal, cost.original).measure : 'macs',
        roundTo: config.roundTo,
        least: run.leastUnits,
        protect: config.protect,
      },
      checkpoints: {
        apply: applyPlan,
        measure: (network, on) =>
          withRunners([network], async (runners) => {
            const [score] = await measurePairs(expected[on], runners, samples[on], measuring)
            return (score as PairScore).kl
          }),
      },
      ...(config.refit === 'sequential' || config.refit === 'layerwise'
        ? {
            quickRefit: ofPlans(quick),
            checkpointRefit: ofPlans(this.checkpoints),
          }
        : {}),
      ...(foreseen ? { foretell: (network: Graph) => this.foretell(network) } : {}),
      otherOrders: config.goal.kind === 'max-latency-ms' ? [] : await otherOrders(run, foreseen),
      hooks: {
        signal: hooks.signal,
        progress: (now, part) => {
          this.lap()
          this.stage = now
          const doing = now === 'observe' ? say('doing.observe-result') : say('doing.removing')
          run.progress.report(now, part, doing)
        },
      },
    })
  }
}
