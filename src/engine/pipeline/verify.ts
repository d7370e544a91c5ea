/** Applies a decision and verifies it: to a budget outright, to a tolerance by bisection with rollback. */
import { EspalierError } from '../../contract/errors'
import type { LatencyPoint, Round, TraceCheckpoint } from '../../contract/run'
import { type Sentence, say } from '../../contract/sentences'
import { measurePairs, type PairScore, type Runner, remembered, sharpnessOf } from '../evaluation'
import type { Graph } from '../graph/graph'
import { cut, isBudget, type Removal } from '../strategies/trajectory'
import { packGraph, unpackGraph } from './checkpoint/graph-codec'
import { decide, deciderOf } from './decide'
import type { Decision } from './decision'
import { boundOf, isTolerance, keepsPromise, requireSupport, type Tolerance } from './goal'
import { chooseByLatency } from './latency'
import { predictedOf, removedByGroup } from './plan'
import { throwIfCancelled } from './progress'
import { type Realised, realise } from './realise'
import { measureOptions, type Run, withRunners } from './run'
import { bisect, mostTrials } from './tolerance'

/** A pruned network with what verification said of it. */
export interface Verified {
  readonly decision: Decision
  readonly graph: Graph
  readonly removals: readonly Removal[]
  readonly rounds: readonly Round[]
  readonly checkpoints: readonly TraceCheckpoint[]
  /** With a latency budget. */
  readonly latency?: readonly LatencyPoint[]
}

/** A network that is kept, with what must be said of it. */
interface KeptNetwork {
  readonly graph: Uint8Array
  readonly warnings: readonly Sentence[]
}

/** What is kept of one trial. */
interface Measured {
  readonly passed: boolean
  readonly kl: number
  readonly bound: number
  /** null where it broke the promise. */
  readonly network: KeptNetwork | null
}

interface Trial extends Measured {
  readonly decision: Decision
}

const keptNetwork = ({ graph, warnings }: Realised): KeptNetwork => ({ graph: packGraph(graph), warnings })

/** The kept network, whose warnings become the run's. */
function taken(run: Run, { graph, warnings }: KeptNetwork): Graph {
  run.warnings.push(...warnings)
  return unpackGraph(graph)
}

/** Decides, applies and verifies. @throws BUDGET_UNREACHABLE, PROMISE_NOT_KEPT, DATA_TOO_FEW_SAMPLES, CANCELLED, and as the strategy does */
export async function decideAndVerify(run: Run): Promise<Verified> {
  const { goal } = run.config
  if (isTolerance(goal)) return toTolerance(run, goal)
  const decision = await decide(run)
  throwIfCancelled(run.hooks.signal)
  if (isBudget(goal)) return toBudget(run, decision, cut(decision.trajectory, goal, run.cost.original))
  const { steps, table } = await run.steps.once('latency', () => chooseByLatency(run, decision.trajectory, goal))
  const told = (step: number) => table.find((point) => point.step === step)?.median.toFixed(3) as string
  run.hooks.log('info', say('verify.latency', { after: told(steps), before: told(0) }))
  return { ...(await toBudget(run, decision, steps)), latency: table }
}

/** The network after these removals against the original, on the verification split. */
async function measureTrial(
  run: Run,
  original: Runner,
  graph: Graph,
  doing: Sentence,
  [from, to]: readonly [number, number],
  sharpness: number | null = null,
): Promise<PairScore> {
  const options = { ...measureOptions(run, 'verify', doing, from, to), sharpness }
  const [score] = await withRunners([graph], (runners) =>
    measurePairs(original, runners, run.splits.verification, options),
  )
  return score as PairScore
}

function roundOf(run: Run, removals: readonly Removal[], kl: number, kept: boolean): Round {
  return {
    predicted: predictedOf(removals),
    measured: kl,
    macs: removals.at(-1)?.macs ?? run.cost.original.macs,
    removed: removedByGroup(removals),
    kept,
  }
}

const checkpointOf = (round: Round, steps: number): TraceCheckpoint => ({
  step: steps,
  macs: round.macs,
  predicted: round.predicted,
  measured: round.measured,
})

function sameUnits(a: readonly Removal[], b: readonly Removal[]): boolean {
  const units = new Set(a.map(({ unit }) => unit))
  return a.length === b.length && b.every(({ unit }) => units.has(unit))
}

async function toBudget(run: Run, decision: Decision, steps: number): Promise<Verified> {
  const removals = decision.trajectory.slice(0, steps)
  if (steps === 0) run.warnings.push(say('run.within-budget'))
  const graph = taken(
    run,
    await run.steps.once('pruned', async () => keptNetwork(await realise(run, removals, 'refit'))),
  )
  const { kl } = await run.steps.once<{ kl: number }>('verified', () =>
    withRunners([run.graph], async ([original]) => {
      const score = await measureTrial(run, original as Runner, graph, say('doing.verifying'), [0, 1])
      return { kl: score.kl }
    }),
  )
  const round = roundOf(run, removals, kl, true)
  return { decision, graph, removals, rounds: [round], checkpoints: [checkpointOf(round, steps)] }
}

/** Each trial is what a run to that many MACs would give, so the smallest that keeps the promise is one as well. */
async function toTolerance(run: Run, goal: Tolerance): Promise<Verified> {
  const samples = run.splits.verification.indices.length
  requireSupport(goal, run.task, samples)
  const measured: Trial[] = []
  const decider = await deciderOf(run)
  let best: Trial | undefined
  let decision: Decision
  try {
    await withRunners([run.graph], async ([runner]) => {
      const original = remembered(runner as Runner)
      const first = measureOptions(run, 'verify', say('doing.verifying'), 0, 0)
      const sharpness = await sharpnessOf(original, run.splits.verification, first)
      await bisect(run.cost.original.macs, async (target, trial) => {
        const decision = await decider.decideTo(target, trial)
        throwIfCancelled(run.hooks.signal)
        if (!decision) return null
        const { trajectory } = decision
        const { macs } = trajectory.at(-1) as Removal
        // Where units are coarse, several budgets lead to one network.
        const same = measured.find((other) => sameUnits(other.decision.trajectory, trajectory))
        if (same) return { macs, passed: same.passed }
        const share = [trial / mostTrials, (trial + 1) / mostTrials] as const
        const done = await run.steps.once<Measured>(`trial-${trial}`, async () => {
          const realised = await realise(run, trajectory, `refit-${trial}`, ...share)
          const doing = say('doing.trial', { trial: trial + 1 })
          const score = await measureTrial(run, original, realised.graph, doing, share, sharpness)
          const passed = keepsPromise(goal, score)
          const network = passed ? keptNetwork(realised) : null
          return { passed, kl: score.kl, bound: boundOf(goal, score), network }
        })
        measured.push({ ...done, decision })
        const percent = ((100 * macs) / run.cost.original.macs).toFixed(1)
        const found = { percent, bound: done.bound.toFixed(4), limit: goal.value }
        run.hooks.log('info', say(done.passed ? 'verify.within' : 'verify.beyond', found))
        return { macs, passed: done.passed }
      })
    })
    if (measured.length === 0) throw new EspalierError('NOTHING_PRUNABLE', say('error.nothing-smaller'))
    best = measured.findLast(({ passed }) => passed)
    if (!best?.network) throw promiseNotKept(goal, measured, samples)
    decision = await decider.tell(best.decision)
  } finally {
    decider.dispose()
  }
  const rounds = measured.map((trial) => {
    const { trajectory } = trial === best ? decision : trial.decision
    return roundOf(run, trajectory, trial.kl, trial.passed)
  })
  return {
    decision,
    graph: taken(run, best.network),
    removals: decision.trajectory,
    rounds,
    checkpoints: rounds
      .map((round, i) => checkpointOf(round, (measured[i] as Trial).decision.trajectory.length))
      .sort((a, b) => a.step - b.step),
  }
}

function promiseNotKept(goal: Tolerance, measured: readonly Trial[], samples: number): EspalierError {
  const stepsOf = ({ decision }: Trial) => decision.trajectory.length
  const mildest = measured.reduce((a, b) => (stepsOf(b) < stepsOf(a) ? b : a))
  const [unit, what] = goal.kind === 'max-kl' ? ['nats', 'divergence'] : ['points', 'drop']
  return new EspalierError(
    'PROMISE_NOT_KEPT',
    `No smaller network keeps the promise of a ${what} of at most ${goal.value} ${unit}: even the mildest one tried, with ${stepsOf(mildest)} units removed, may lose ${mildest.bound.toFixed(4)} by the 95 % bound on ${samples} verification samples. Allow more, bring more verification samples, or use a refit or fine-tuning.`,
  )
}
