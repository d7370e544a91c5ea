/**
 * Selections and refits compared in one process: the network is observed once, every variant decides from the same
 * statistics, and every result is measured on both halves of the test split: one to choose by, one to report.
 *
 *   node --import tsx scripts/ablation/refits.mts --model FILE --data DATA [--keep 0.3,0.15,0.07] [--scarcity 0,1,2,auto]
 *        [--baselines group-norm:uniform,l2:global] [--refits layerwise,sequential] [--steps N] [--rate X] [--seed 0]
 *
 * Prints a JSON line a network: points lost and KL on either half, widths, CPU seconds of the refit.
 */
import { parseArgs } from 'node:util'
import { runConfigSchema } from '../../src/contract/run'
import type { PruningPlan } from '../../src/engine/coupling'
import { firstOf } from '../../src/engine/data/batches'
import { measurePairs, type Runner, recurrentTurns, remembered } from '../../src/engine/evaluation'
import type { Graph } from '../../src/engine/graph/graph'
import { decide, quickReach } from '../../src/engine/pipeline/decide'
import { planOf } from '../../src/engine/pipeline/plan'
import { prepare } from '../../src/engine/pipeline/prepare'
import { type Run, withRunners } from '../../src/engine/pipeline/run'
import { sequentialRefit } from '../../src/engine/recovery/refit'
import { resultRefit } from '../../src/engine/recovery/refit-result'
import { stepsFor } from '../../src/engine/recovery/refit-steps'
import { initBackend } from '../../src/engine/runtime'
import { observe } from '../../src/engine/statistics'
import { PricedNetwork, resultOrientedRequest } from '../../src/engine/strategies/result-oriented'
import { cut, type Removal } from '../../src/engine/strategies/trajectory'
import { applyPlan } from '../../src/engine/surgery'
import { openData, openModel } from '../../src/main/cli/inputs'
import { nativeOffer } from '../../src/main/engine/native/offer'

const { values } = parseArgs({
  options: {
    model: { type: 'string' },
    data: { type: 'string' },
    keep: { type: 'string', default: '0.3,0.15,0.07' },
    scarcity: { type: 'string', default: '1' },
    baselines: { type: 'string', default: '' },
    refits: { type: 'string', default: 'layerwise,sequential' },
    steps: { type: 'string' },
    rate: { type: 'string' },
    seed: { type: 'string', default: '0' },
  },
})
const list = (text: string) => text.split(',').filter(Boolean)
const keeps = list(values.keep).map(Number)
const seed = Number(values.seed)
const batch = 128

const model = await openModel(values.model as string)
const { source } = await openData(values.data as string, model.graph)
const native = nativeOffer()
await initBackend(native.available ? { backend: 'native', native } : {})

const prepared = (strategy: string, allocation: string): Promise<Run> =>
  prepare(
    {
      graph: model.graph,
      data: source,
      config: runConfigSchema.parse({
        strategy,
        allocation,
        goal: { kind: 'keep-macs', value: Math.min(...keeps) },
        seed,
      }),
    },
    {
      progress: () => undefined,
      log: () => undefined,
      signal: new AbortController().signal,
      checkpoints: { load: async () => null, save: async () => undefined },
    },
  )

/** One decision a scarcity, from one observation; rates are measured once. */
async function decisions(run: Run): Promise<Map<string, readonly Removal[]>> {
  const { graph, coupling, cost, splits, task } = run
  const observing = { result: task.kind, batch, seed }
  const statistics = await observe(graph, coupling, splits.calibration, resultOrientedRequest, observing)
  const few = firstOf(splits.calibration, 512)
  const others = { table: few.table, indices: splits.calibration.indices.slice(-512) }
  const refitted = new Map<string, Promise<Graph>>()
  const divergences = new Map<Graph, number>()
  const found = new Map<string, readonly Removal[]>()
  await withRunners([graph], async ([original]) => {
    const expected = remembered(original as Runner)
    for (const scarcity of list(values.scarcity)) {
      const priced = await PricedNetwork.of(
        {
          graph,
          coupling,
          cost,
          calibration: splits.calibration,
          options: {
            ...observing,
            measure: 'macs',
            roundTo: 1,
            protect: [],
            ...(scarcity === 'auto' ? {} : { scarcity: Number(scarcity) }),
          },
          checkpoints: {
            apply: applyPlan,
            // What is only told of the way down is not measured here.
            measure: async (network, on) => {
              if (on === 'verification') return Number.MAX_VALUE
              const known = divergences.get(network)
              if (known !== undefined) return known
              const [score] = await withRunners([network], (runners) =>
                measurePairs(expected, runners, others, { task, classes: run.data.classes.length, batch }),
              )
              divergences.set(network, score?.kl as number)
              return score?.kl as number
            },
          },
          quickRefit: {
            atOnce: 1,
            refit: (plan: PruningPlan) => {
              const key = plan.removed.join('')
              const known = refitted.get(key)
              if (known) return known
              const pruned = applyPlan(graph, coupling, plan)
              const options = { batch, seed, rectifierSteps: 0, reach: quickReach }
              const fit = sequentialRefit(graph, pruned, coupling, plan, few, options)
              refitted.set(key, fit)
              return fit
            },
          },
        },
        statistics,
      )
      const { trajectory } = await priced.decideTo(Math.min(...keeps) * cost.original.macs)
      found.set(`result-oriented, scarcity ${scarcity}`, trajectory)
    }
  })
  return found
}

async function report(run: Run, name: string, trajectory: readonly Removal[]): Promise<void> {
  const { graph, coupling, cost, splits, task } = run
  const test = splits.test ?? splits.verification
  const middle = Math.floor(test.indices.length / 2)
  const halves = { report: test.indices.slice(0, middle), choose: test.indices.slice(middle) }
  for (const keep of keeps) {
    const end = cut(trajectory, { kind: 'keep-macs', value: keep }, cost.original)
    const plan = planOf(coupling, trajectory.slice(0, end))
    const share = (trajectory[end - 1]?.macs ?? cost.original.macs) / cost.original.macs
    let start = process.cpuUsage()
    const layerwise = await sequentialRefit(
      graph,
      applyPlan(graph, coupling, plan),
      coupling,
      plan,
      splits.calibration,
      {
        batch,
        seed,
      },
    )
    for (const refit of list(values.refits)) {
      const network =
        refit === 'layerwise'
          ? layerwise
          : await resultRefit(graph, layerwise, splits.calibration, {
              form: { kind: task.kind, classesLast: task.classAxis === 'last' },
              seed,
              more: splits.finetune.indices,
              steps: values.steps ? Number(values.steps) : stepsFor(share * cost.original.macs, recurrentTurns(graph)),
              ...(values.rate ? { rate: Number(values.rate) } : {}),
            })
      const { user, system } = process.cpuUsage(start)
      start = process.cpuUsage()
      const scores: Record<string, { lost: number | null; kl: number }> = {}
      for (const [half, indices] of Object.entries(halves)) {
        const [score] = await withRunners([graph, network], ([original, result]) =>
          measurePairs(
            original as Runner,
            [result as Runner],
            { table: test.table, indices },
            {
              task,
              classes: run.data.classes.length,
              batch: 250,
            },
          ),
        )
        if (score) scores[half] = { lost: score.drop, kl: score.kl }
      }
      const widths = coupling.groups
        .filter((group) => group.prunable)
        .map((group) => group.units.filter((unit) => plan.removed[unit] !== 1).length)
      const cpu = Math.round((user + system) / 1e5) / 10
      process.stdout.write(`${JSON.stringify({ keep, share, selection: name, refit, ...scores, widths, cpu })}\n`)
    }
  }
}

if (list(values.scarcity).length > 0) {
  const run = await prepared('result-oriented', 'global')
  for (const [name, trajectory] of await decisions(run)) await report(run, name, trajectory)
}
for (const baseline of list(values.baselines)) {
  const [strategy, allocation = 'global'] = baseline.split(':')
  const run = await prepared(strategy as string, allocation)
  await report(run, baseline, (await decide(run)).trajectory)
}
