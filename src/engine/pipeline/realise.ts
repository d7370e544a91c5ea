/** From a prefix of the trajectory to a network: surgery, then the refit that the run asks for. */
import { toErrorReport } from '../../contract/errors'
import { type Sentence, say } from '../../contract/sentences'
import { stream } from '../data/rng'
import { recurrentTurns } from '../evaluation'
import type { Graph } from '../graph/graph'
import { inferShapes } from '../ops/infer'
import { reestimate } from '../recovery/batch-norm'
import { type LayerWeights, sequentialRefit } from '../recovery/refit'
import { type ResultRefitState, resultRefit } from '../recovery/refit-result'
import { batchOfStep, stepsFor } from '../recovery/refit-steps'
import { reinitialise } from '../recovery/reinitialise'
import { workersFor } from '../runtime'
import { recurrentLayers } from '../statistics'
import { scratch } from '../strategies'
import { planOf, type Removal } from '../strategies/trajectory'
import { applyPlan } from '../surgery'
import { breathe } from './progress'
import { type Run, resultFormOf } from './run'
import { sizeOf, workOfRefit } from './work'

/** Share of a sequential refit's time that its layer-by-layer part takes. */
function layerwiseShare({ graph, splits, config }: Run): number {
  const size = sizeOf(graph, splits)
  return workOfRefit('layerwise', config, size) / workOfRefit('sequential', config, size)
}

/** A smaller network with what must be said of it. */
export interface Realised {
  readonly graph: Graph
  readonly warnings: readonly Sentence[]
}

/**
 * The smaller network after these removals. Its warnings are the caller's to keep with it: a run that goes on from a kept
 * network does not come here again.
 * @param key under which refitted layers are kept
 * @param from,to share of the stage (0..1) this counts as
 * @throws CANCELLED
 */
export async function realise(
  run: Run,
  removals: readonly Removal[],
  key: string,
  from = 0,
  to = 1,
): Promise<Realised> {
  const { graph, coupling, config, splits, hooks } = run
  const plan = planOf(coupling, removals)
  const report = (part: number, doing: Sentence) => run.progress.report('apply', from + (to - from) * part, doing)
  const pruned = await run.watch.time('surgeryMs', () => applyPlan(graph, coupling, plan))
  report(0.02, say('doing.removed', { units: removals.length }))
  if (config.strategy === scratch.name) {
    return silent(reinitialise(inferShapes(pruned), stream(config.seed, 'scratch')))
  }
  if (removals.length === 0 || config.refit === 'none') return silent(pruned)
  return run.watch.time('recoveryMs', async () => {
    if (config.refit === 'bn') {
      const reestimated = await reestimate(pruned, splits.calibration, run.batch, async (done, total) => {
        report(done / total, say('doing.batch-norm', { done, total }))
        await breathe(hooks.signal)
      })
      return silent(reestimated)
    }
    const fitted = new Map<string, LayerWeights>()
    const keyOf = (layer: string) => `${key}-${graph.nodes.findIndex(({ name }) => name === layer)}`
    const fittable = [...coupling.layers, ...recurrentLayers(graph, coupling)]
    for (const { node } of fittable) {
      const weights = await run.steps.load<Float64Array[]>(keyOf(node.name))
      if (weights) fitted.set(node.name, weights)
    }
    const both = config.refit === 'sequential'
    const share = both ? layerwiseShare(run) : 1
    const refitted = await sequentialRefit(
      graph,
      pruned,
      coupling,
      plan,
      splits.calibration,
      { batch: run.batch, seed: config.seed },
      {
        signal: hooks.signal,
        progress: (part, layer) => report(part * share, say('doing.refit-layer', { layer })),
        fitted,
        layerDone: (layer, weights) => run.steps.save(keyOf(layer), weights),
      },
    )
    const macs = removals.at(-1)?.macs as number
    return both ? onResult(run, refitted, macs, key, share, report) : silent(refitted)
  })
}

const silent = (graph: Graph): Realised => ({ graph, warnings: [] })

/** The refit on the result, which goes on where an interrupted one stopped; where it cannot be, the network says so. @param before share of the refit that is done */
async function onResult(
  run: Run,
  refitted: Graph,
  macs: number,
  key: string,
  before: number,
  report: (part: number, doing: Sentence) => void,
): Promise<Realised> {
  const { config, splits, hooks } = run
  const steps = stepsFor(macs, recurrentTurns(run.graph))
  try {
    const graph = await resultRefit(
      run.graph,
      refitted,
      splits.calibration,
      {
        form: resultFormOf(run),
        seed: config.seed,
        steps,
        more: splits.finetune.indices.subarray(0, config.refitSamples),
        // Forward, and twice as much back.
        workers: workersFor(3 * macs * steps * batchOfStep),
      },
      {
        signal: hooks.signal,
        progress: (part) => report(before + (1 - before) * part, say('doing.refit-result')),
        load: () => run.steps.load<ResultRefitState>(`${key}-result`),
        save: (state) => run.steps.save(`${key}-result`, state),
      },
    )
    return silent(graph)
  } catch (error) {
    const { code, message } = toErrorReport(error)
    if (code !== 'MODEL_UNSUPPORTED_OPERATOR' && code !== 'MODEL_UNSUPPORTED_FEATURE') throw error
    return { graph: refitted, warnings: [say('run.layerwise-only', { why: message })] }
  }
}
