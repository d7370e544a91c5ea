/** The whole run: analyse, observe, decide, apply, verify, recover, evaluate. */
import { inEnglish, say, uniqueSentences } from '../../contract/sentences'
import { costOf } from '../evaluation'
import { findStrategy } from '../strategies'
import { planOf } from '../strategies/trajectory'
import { keptByGroup } from '../surgery'
import { warnOfGuessing } from './guessing'
import { outcomeOf } from './outcome'
import { traceOf } from './plan'
import { prepare } from './prepare'
import { recover } from './recover'
import type { CompressInput, CompressOutput, PipelineHooks } from './types'
import { decideAndVerify } from './verify'

/**
 * Prunes, verifies and recovers a network. Deterministic for a seed on one backend; resumed from `hooks.checkpoints` it
 * gives the same network as uninterrupted. The last of `result.rounds` that was kept is the network's own.
 * @param input.graph with inferred shapes
 * @throws CANCELLED between batches; BUDGET_UNREACHABLE, PROMISE_NOT_KEPT, NOTHING_PRUNABLE, NOT_BUILT_YET, BAD_USAGE,
 * NOT_FOUND, SHAPE_MISMATCH, DATA_TOO_FEW_SAMPLES, DATA_NON_FINITE, DATA_LABELS_OUT_OF_RANGE, MODEL_UNSUPPORTED_OPERATOR
 */
export async function compress(input: CompressInput, hooks: PipelineHooks): Promise<CompressOutput> {
  const run = await prepare(input, hooks)
  const strategy = findStrategy(run.config.strategy)
  await warnOfGuessing(run)
  const verified = await decideAndVerify(run)
  const { decision } = verified
  const recovered = await recover(run, verified.graph)
  const result = await outcomeOf(run, verified.graph, recovered)
  const kept = keptByGroup(run.coupling, planOf(run.coupling, verified.removals))
  const warnings = uniqueSentences(run.warnings)
  run.progress.report('done', 1, say('doing.done'))
  return {
    graph: recovered,
    result: {
      model: { before: costOf(run.graph), after: costOf(recovered) },
      result,
      strategy: strategy.name,
      backend: run.backend,
      seed: run.config.seed,
      rounds: [...verified.rounds],
      timing: run.watch.timing(),
      kept,
      warnings: warnings.map(inEnglish),
      warningsSaid: warnings,
    },
    trace: traceOf(run.coupling, verified.removals, kept, {
      rounds: decision.rounds,
      checkpoints: decision.checkpoints.length > 0 ? decision.checkpoints : verified.checkpoints,
      correlation: decision.correlation,
      ...(decision.sensitivity ? { sensitivity: decision.sensitivity } : {}),
      ...(verified.latency ? { latency: verified.latency } : {}),
    }),
  }
}
