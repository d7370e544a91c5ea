/** Applies a decision and verifies it: to a budget outright, to a tolerance by bisection with rollback. */
import { EspalierError } from '../../contract/errors'
import type { LatencyPoint, Round, TraceCheckpoint } from '../../contract/run'
import { type Sentence, say } from '../../contract/sentences'
import { measurePairs, type PairScore, type Runner, remembered } from '../evaluation'
import type { Graph } from '../graph/graph'
import { cut, isBudget, type Removal } from '../strategies/trajectory'
import { packGraph, unpackGraph } from './checkpoint/graph-codec'
import type { Decision } from './decision'
import { boundOf, isTolerance, keepsPromise, requireSupport, type Tolerance } from './goal'
import { chooseByLatency } from './latency'
import { predictedOf, removedByGroup } from './plan'
import { type Realised, realise } from './realise'
import { measureOptions, type Run, withRunners } from './run'
import { bisect, mostTrials } from './tolerance'

/** A pruned network with what verification said of it. */
export interface Verified {
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

/** What is kept of one measured prefix. */
interface Measured {
  readonly steps: number
  readonly passed: boolean
  readonly kl: number
  readonly bound: number
  /** null where it broke the promise. */
  readonly network: KeptNetwork | null
}

const keptNetwork = ({ graph, warnings }: Realised): KeptNetwork => ({ graph: packGraph(graph), warnings })

/** The kept network, whose warnings become the run's. */
function taken(run: Run, { graph, warnings }: KeptNetwork): Graph {
  run.warnings.push(...warnings)
  return unpackGraph(graph)
}

/** @throws BUDGET_UNREACHABLE, PROMISE_NOT_KEPT, DATA_TOO_FEW_SAMPLES, CANCELLED */
export async function applyAndVerify(run: Run, decision: Decision): Promise<Verified> {
  const { goal } = run.config
  if (isBudget(goal)) {
    return toBudget(run, decision.trajectory.slice(0, cut(decision.trajectory, goal, run.cost.original)))
  }
  if (isTolerance(goal)) return toTolerance(run, decision.trajectory, goal)
  const { steps, table } = await run.steps.once('latency', () => chooseByLatency(run, decision.trajectory, goal))
  const told = (step: number) => table.find((point) => point.step === step)?.median.toFixed(3) as string
  run.hooks.log('info', say('verify.latency', { after: told(steps), before: told(0) }))
  return { ...(await toBudget(run, decision.trajectory.slice(0, steps))), latency: table }
}

/** The network after these removals against the original, on the verification split. */
async function measureTrial(
  run: Run,
  original: Runner,
  graph: Graph,
  doing: Sentence,
  [from, to]: readonly [number, number],
): Promise<PairScore> {
  const [score] = await withRunners([graph], (runners) =>
    measurePairs(original, runners, run.splits.verification, measureOptions(run, 'verify', doing, from, to)),
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

async function toBudget(run: Run, removals: readonly Removal[]): Promise<Verified> {
  if (removals.length === 0) run.warnings.push(say('run.within-budget'))
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
  return { graph, removals, rounds: [round], checkpoints: [checkpointOf(round, removals.length)] }
}

async function toTolerance(run: Run, trajectory: readonly Removal[], goal: Tolerance): Promise<Verified> {
  const samples = run.splits.verification.indices.length
  requireSupport(goal, run.task, samples)
  const measured: Measured[] = []
  const steps = await withRunners([run.graph], async ([runner]) => {
    const original = remembered(runner as Runner)
    return bisect(trajectory, run.cost.original.macs, async (count, trial) => {
      const share = [trial / mostTrials, (trial + 1) / mostTrials] as const
      const kept = await run.steps.once<Measured>(`trial-${trial}`, async () => {
        const realised = await realise(run, trajectory.slice(0, count), `refit-${trial}`, ...share)
        const score = await measureTrial(run, original, realised.graph, say('doing.trial', { trial: trial + 1 }), share)
        const passed = keepsPromise(goal, score)
        return {
          steps: count,
          passed,
          kl: score.kl,
          bound: boundOf(goal, score),
          network: passed ? keptNetwork(realised) : null,
        }
      })
      measured.push(kept)
      const percent = ((100 * (trajectory[count - 1]?.macs ?? 0)) / run.cost.original.macs).toFixed(1)
      run.hooks.log(
        'info',
        say(kept.passed ? 'verify.within' : 'verify.beyond', {
          percent,
          bound: kept.bound.toFixed(4),
          limit: goal.value,
        }),
      )
      return kept
    })
  })
  const best = measured.find((trial) => trial.steps === steps && trial.passed)
  if (!best?.network) throw promiseNotKept(goal, measured, samples)
  const rounds = measured.map((trial) => roundOf(run, trajectory.slice(0, trial.steps), trial.kl, trial.passed))
  return {
    graph: taken(run, best.network),
    removals: trajectory.slice(0, steps),
    rounds,
    checkpoints: rounds
      .map((round, i) => checkpointOf(round, (measured[i] as Measured).steps))
      .sort((a, b) => a.step - b.step),
  }
}

function promiseNotKept(goal: Tolerance, measured: readonly Measured[], samples: number): EspalierError {
  const mildest = measured.reduce((a, b) => (b.steps < a.steps ? b : a), measured[0] as Measured)
  const [unit, what] = goal.kind === 'max-kl' ? ['nats', 'divergence'] : ['points', 'drop']
  return new EspalierError(
    'PROMISE_NOT_KEPT',
    `No smaller network keeps the promise of a ${what} of at most ${goal.value} ${unit}: even the mildest one tried, with ${mildest.steps} units removed, may lose ${mildest.bound.toFixed(4)} by the 95 % bound on ${samples} verification samples. Allow more, bring more verification samples, or use a refit or fine-tuning.`,
  )
}
