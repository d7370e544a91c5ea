/** From a prefix of the trajectory to a network: surgery, then the refit that the run asks for. */
import { toErrorReport } from '../../contract/errors'
import { stream } from '../data/rng'
import type { Graph } from '../graph/graph'
import { inferShapes } from '../ops/infer'
import { reestimate } from '../recovery/batch-norm'
import { type LayerWeights, sequentialRefit } from '../recovery/refit'
import { type ResultRefitState, resultRefit } from '../recovery/refit-result'
import { reinitialise } from '../recovery/reinitialise'
import { recurrentLayers } from '../statistics'
import { scratch } from '../strategies'
import type { Removal } from '../strategies/trajectory'
import { applyPlan } from '../surgery'
import { planOf } from './plan'
import { breathe } from './progress'
import type { Run } from './run'
import { refitPasses } from './work'

/** Share of a sequential refit's time that its layer-by-layer part takes. */
const layerwiseShare = refitPasses.layerwise / refitPasses.sequential

/**
 * The smaller network after these removals.
 * @param key under which refitted layers are kept
 * @param from,to share of the stage (0..1) this counts as
 * @throws CANCELLED
 */
export async function realise(run: Run, removals: readonly Removal[], key: string, from = 0, to = 1): Promise<Graph> {
  const { graph, coupling, config, splits, hooks } = run
  const plan = planOf(coupling, removals)
  const report = (part: number, detail: string) => run.progress.report('apply', from + (to - from) * part, detail)
  const pruned = await run.watch.time('surgeryMs', () => applyPlan(graph, coupling, plan))
  report(0.02, `${removals.length} units removed`)
  if (config.strategy === scratch.name) {
    return reinitialise(inferShapes(pruned), stream(config.seed, 'scratch'))
  }
  if (removals.length === 0 || config.refit === 'none') return pruned
  return run.watch.time('recoveryMs', async () => {
    if (config.refit === 'bn') {
      return reestimate(pruned, splits.calibration, config.batch, async (done, total) => {
        report(done / total, `Re-estimating BatchNorm: ${done} of ${total} samples`)
        await breathe(hooks.signal)
      })
    }
    const fitted = new Map<string, LayerWeights>()
    const keyOf = (layer: string) => `${key}-${graph.nodes.findIndex(({ name }) => name === layer)}`
    const fittable = [...coupling.layers, ...recurrentLayers(graph, coupling)]
    for (const { node } of fittable) {
      const weights = await run.steps.load<Float64Array[]>(keyOf(node.name))
      if (weights) fitted.set(node.name, weights)
    }
    const both = config.refit === 'sequential'
    const refitted = await sequentialRefit(
      graph,
      pruned,
      coupling,
      plan,
      splits.calibration,
      { batch: config.batch, seed: config.seed },
      {
        signal: hooks.signal,
        progress: (part, layer) =>
          report(part * (both ? layerwiseShare : 1), `Refitting "${layer}" to the original feature maps`),
        fitted,
        layerDone: (layer, weights) => run.steps.save(keyOf(layer), weights),
      },
    )
    const share = (removals.at(-1)?.macs ?? 0) / run.cost.original.macs
    return both ? onResult(run, refitted, share, key, report) : refitted
  })
}

/** Passes of the refit on the result: the smaller the network the more, at about the same cost; below 8 too much is lost. */
const passesOf = (share: number): number => Math.round(Math.min(20, Math.max(8, 2.4 / share)))

/** The refit on the result, which goes on where an interrupted one stopped; where it cannot be, the run says so. */
async function onResult(
  run: Run,
  refitted: Graph,
  share: number,
  key: string,
  report: (part: number, detail: string) => void,
): Promise<Graph> {
  const { config, task, steps, hooks } = run
  const form = { kind: task.kind, classesLast: task.classAxis === 'last' }
  try {
    return await resultRefit(
      run.graph,
      refitted,
      run.splits.calibration,
      { form, seed: config.seed, passes: passesOf(share) },
      {
        signal: hooks.signal,
        progress: (part) =>
          report(layerwiseShare + (1 - layerwiseShare) * part, 'Refitting all layers to the original result'),
        load: () => steps.load<ResultRefitState>(`${key}-result`),
        save: (state) => steps.save(`${key}-result`, state),
      },
    )
  } catch (error) {
    const { code, message } = toErrorReport(error)
    if (code !== 'MODEL_UNSUPPORTED_OPERATOR' && code !== 'MODEL_UNSUPPORTED_FEATURE') throw error
    run.warnings.push(
      `The network was refitted layer by layer only, not on its result, because gradients cannot be had: ${message}`,
    )
    return refitted
  }
}
