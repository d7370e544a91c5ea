import { beforeAll, describe, expect, it } from 'vitest'
import { decisionTraceSchema, type RunConfig, runResultSchema } from '../../../src/contract/run'
import { costOf } from '../../../src/engine/evaluation'
import type { Graph } from '../../../src/engine/graph/graph'
import { compress, evaluate } from '../../../src/engine/pipeline'
import { unpack } from '../../../src/engine/pipeline/checkpoint/archive'
import { packGraph } from '../../../src/engine/pipeline/checkpoint/graph-codec'
import type { PipelineHooks } from '../../../src/engine/pipeline/types'
import { memoryUse } from '../../../src/engine/runtime'
import { listStrategies } from '../../../src/engine/strategies'
import { memoryStore, toyConfig, toyData, toyNetwork, watched } from '../support/toy'

let graph: Graph
const data = toyData()
const half: RunConfig['goal'] = { kind: 'keep-macs', value: 0.5 }

beforeAll(async () => {
  graph = await toyNetwork()
}, 120_000)

const run = (config: Parameters<typeof toyConfig>[0], source = data, hooks = watched()) =>
  compress({ graph, data: source, config: toyConfig(config) }, hooks)

describe('compress', () => {
  it.each(
    listStrategies()
      .map((info) => info.name)
      .filter((name) => name !== 'scratch'),
  )('meets the budget with %s and reports what it did', async (strategy) => {
    const before = memoryUse().tensors
    const hooks = watched()
    const output = await run({ strategy, goal: half, refit: 'bn' }, data, hooks)
    expect(memoryUse().tensors).toBe(before)
    const result = { ...output.result, exports: [] }
    expect(runResultSchema.parse(result)).toEqual(result)
    expect(decisionTraceSchema.parse(output.trace)).toEqual(output.trace)
    expect(result.model.after.macs).toBeLessThanOrEqual(result.model.before.macs / 2)
    expect(output.trace.steps.at(-1)?.macs).toBe(result.model.after.macs)
    expect(result.result).toMatchObject({ metric: 'accuracy', split: 'test', samples: 500 })
    const check = await evaluate(output.graph, data)
    expect(check.value).toBeCloseTo(result.result.afterRecovery as number, 6)
    const fractions = hooks.seen.map((progress) => progress.fraction)
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b))
    expect(fractions.at(-1)).toBe(1)
  })

  it('keeps more with a good strategy than with a random one', async () => {
    const kl = async (strategy: string) => {
      let sum = 0
      for (const seed of [0, 1, 2]) {
        sum += (await run({ strategy, goal: half, refit: 'layerwise', seed })).result.result.kl
      }
      return sum / 3
    }
    expect(await kl('result-oriented')).toBeLessThan(await kl('random'))
  })

  it('answers more like the original when it is refitted on the result as well', async () => {
    const kl = async (refit: RunConfig['refit']) =>
      (await run({ strategy: 'random', goal: half, refit })).result.result.kl
    expect(await kl('sequential')).toBeLessThan(await kl('layerwise'))
  })

  it('works without labels, and says what that means', async () => {
    const blind = toyData({ labelled: false })
    const output = await run(
      {
        strategy: 'taylor',
        goal: half,
        refit: 'sequential',
        finetune: { epochs: 1, samples: 200, learningRate: 0.01, distill: false },
      },
      blind,
    )
    expect(output.result.result).toMatchObject({ metric: 'none', before: null, afterRecovery: null })
    expect(output.result.result.agreement).toBeGreaterThan(0.5)
    expect(output.result.warnings.join(' ')).toMatch(/drawn from the network's own result/)
    expect(output.result.warnings.join(' ')).toMatch(/teacher/)
    await expect(run({ goal: { kind: 'max-drop', value: 1 } }, blind)).rejects.toMatchObject({ code: 'BAD_USAGE' })
  })

  it('keeps protected layers whole and rounds widths', async () => {
    const name = graph.nodes.find((node) => node.op === 'Conv')?.name as string
    const output = await run({
      strategy: 'l2',
      goal: { kind: 'keep-params', value: 0.7 },
      refit: 'none',
      protect: [name],
      roundTo: 2,
    })
    expect(output.trace.steps.some((step) => step.group === name)).toBe(false)
    expect(output.trace.steps.length).toBeGreaterThan(0)
    for (const { kept, unitsBefore } of output.trace.groups) {
      if (kept.length < unitsBefore) expect(kept.length % 2).toBe(0)
    }
  })

  it('explains budgets, names and goals it cannot serve', async () => {
    const code = async (config: Parameters<typeof toyConfig>[0]) =>
      run(config).then(
        () => null,
        (error: { code: string }) => error.code,
      )
    expect(await code({ strategy: 'l2', goal: { kind: 'keep-macs', value: 0.001 } })).toBe('BUDGET_UNREACHABLE')
    expect(await code({ goal: { kind: 'keep-macs', value: 0.001 } })).toBe('BUDGET_UNREACHABLE')
    expect(await code({ strategy: 'l2', goal: half, protect: ['nowhere'] })).toBe('NOT_FOUND')
    expect(await code({ strategy: 'scratch', goal: half })).toBe('BAD_USAGE')
  })
})

describe('the other arms', () => {
  it('allocate by a sensitivity sweep whose curves are kept', async () => {
    const { result, trace } = await run({ strategy: 'l2', allocation: 'sensitivity', goal: half, refit: 'none' })
    expect(result.model.after.macs).toBeLessThanOrEqual(half.value * result.model.before.macs)
    expect(trace.sensitivity?.length).toBeGreaterThan(0)
    for (const { ratios, kl } of trace.sensitivity ?? []) {
      expect(kl).toHaveLength(ratios.length)
      expect(kl[0]).toBe(0)
      expect(kl.at(-1)).toBeGreaterThan(0)
    }
  })

  it('prune in steps, scoring what is left anew after each', async () => {
    const at = (iterations?: number, allocation: RunConfig['allocation'] = 'global') =>
      run(
        {
          strategy: 'fpgm',
          allocation,
          goal: half,
          refit: 'layerwise',
          calibration: 64,
          ...(iterations && { iterations }),
        },
        toyData({ train: 500, test: 100 }),
      )
    const [once, stepped] = [await at(), await at(3)]
    expect(stepped.result.model.after.macs).toBeLessThanOrEqual(half.value * stepped.result.model.before.macs)
    expect(new Set(stepped.trace.steps.map(({ round }) => round))).toEqual(new Set([0, 1, 2]))
    expect(stepped.trace.steps.map(({ group, unit }) => `${group} ${unit}`)).not.toEqual(
      once.trace.steps.map(({ group, unit }) => `${group} ${unit}`),
    )
    // The sizes told on the way are those of the networks themselves.
    expect(stepped.trace.steps.at(-1)?.macs).toBe(costOf(stepped.graph).macs)
    // Every unit goes once.
    const units = stepped.trace.steps.map(({ group, unit }) => `${group} ${unit}`)
    expect(new Set(units).size).toBe(units.length)
    await expect(at(2, 'sensitivity')).resolves.toBeDefined()
    await expect(run({ goal: half, iterations: 2 })).rejects.toMatchObject({ code: 'BAD_USAGE' })
  })

  it('train the small architecture from weights drawn anew', async () => {
    const finetune = { epochs: 4, samples: 0, learningRate: 0.05, distill: false }
    const { result } = await run({ strategy: 'scratch', goal: half, finetune })
    expect(result.result.afterRecovery).toBeGreaterThan(result.result.afterPruning as number)
  })
})

describe('fine-tuning', () => {
  it('ends where the verification split gains no more, and keeps the best', async () => {
    const finetune = { epochs: 8, samples: 100, learningRate: 0.5, distill: false }
    const hooks = watched()
    const output = await run({ strategy: 'l2', goal: half, refit: 'layerwise', finetune }, data, hooks)
    expect(output.result.warnings.join(' ')).toMatch(/ended after [3-7] epochs/)
    const { afterPruning, afterRecovery } = output.result.result
    expect(afterRecovery as number).toBeGreaterThan((afterPruning as number) - 5)
  })
})

describe('with a latency budget', () => {
  /** A machine on which a thousand MACs take a millisecond, give or take noise that measuring brings. */
  const machine = (noise: number): PipelineHooks => {
    let measured = 0
    return {
      ...watched(),
      latencyOf: async (networks) =>
        networks.map((network) => {
          const median = (costOf(network).macs / 1000) * (1 + noise * Math.sin(measured++))
          return { median, low: median, high: median, runs: 1 }
        }),
    }
  }
  const budget = (value: number): RunConfig['goal'] => ({ kind: 'max-latency-ms', value })

  it('keeps the largest network that is fast enough, and what was measured', async () => {
    const whole = costOf(graph).macs
    const goal = budget((0.4 * whole) / 1000)
    const { result, trace } = await compress(
      { graph, data, config: toyConfig({ strategy: 'l2', goal, refit: 'none' }) },
      machine(0),
    )
    expect(result.model.after.macs).toBeLessThanOrEqual(0.4 * whole)
    const points = trace.latency ?? []
    expect(points[0]).toMatchObject({ step: 0, macs: whole, median: whole / 1000 })
    expect(points.some(({ macs }) => macs === result.model.after.macs)).toBe(true)
    // Whatever was measured and is larger was too slow.
    for (const { macs, median } of points)
      if (macs > result.model.after.macs) expect(median).toBeGreaterThan(goal.value)
    expect(decisionTraceSchema.parse(trace)).toEqual(trace)
  })

  it('is not misled by a smaller network that was measured slower', async () => {
    const whole = costOf(graph).macs
    const { result } = await compress(
      { graph, data, config: toyConfig({ strategy: 'l2', goal: budget((0.4 * whole) / 1000), refit: 'none' }) },
      machine(0.2),
    )
    expect(result.model.after.macs).toBeGreaterThan(0.2 * whole)
    expect(result.model.after.macs).toBeLessThan(0.6 * whole)
  })

  it('times the engine itself where nobody else does, and says when it cannot be met', async () => {
    const { trace } = await run({ strategy: 'l2', goal: budget(1e9) })
    expect(trace.steps).toHaveLength(0)
    expect(trace.latency?.[0]?.median).toBeGreaterThan(0)
    await expect(run({ strategy: 'l2', goal: budget(1e-9) })).rejects.toMatchObject({ code: 'BUDGET_UNREACHABLE' })
  })
})

describe('with a tolerance', () => {
  it('finds a smaller network that keeps the promise on its bound and rolls back the ones that break it', async () => {
    const output = await run(
      { strategy: 'result-oriented', goal: { kind: 'max-kl', value: 0.05 }, refit: 'layerwise' },
      toyData({ validation: true }),
    )
    const { rounds, model, warnings } = output.result
    expect(model.after.macs).toBeLessThan(model.before.macs)
    const kept = rounds.filter((round) => round.kept)
    expect(Math.min(...kept.map((round) => round.macs))).toBe(model.after.macs)
    expect(kept.every((round) => round.measured <= 0.05)).toBe(true)
    expect(rounds.some((round) => !round.kept)).toBe(true)
    expect(warnings.join(' ')).not.toMatch(/weaker promise/)
  })

  it('says when the promise is weaker, and when none can be kept', async () => {
    const output = await run({ strategy: 'l2', goal: { kind: 'max-drop', value: 30 }, refit: 'bn' })
    expect(output.result.warnings.join(' ')).toMatch(/weaker promise/)
    await expect(run({ strategy: 'l2', goal: { kind: 'max-kl', value: 1e-9 }, refit: 'none' })).rejects.toMatchObject({
      code: 'PROMISE_NOT_KEPT',
    })
    await expect(run({ strategy: 'l2', goal: { kind: 'max-drop', value: 0.2 } })).rejects.toMatchObject({
      code: 'DATA_TOO_FEW_SAMPLES',
    })
  })
})

describe('determinism', () => {
  // Small, because these runs are repeated many times.
  const data = toyData({ train: 500, test: 100 })
  const config = {
    strategy: 'taylor',
    goal: half,
    refit: 'layerwise',
    calibration: 64,
    finetune: { epochs: 2, samples: 100, learningRate: 0.01, distill: true },
  } as const

  it('gives the same bytes for the same seed, and others for another', async () => {
    const bytes = async (seed: number) => packGraph((await run({ ...config, seed })).graph)
    const first = await bytes(3)
    expect(await bytes(3)).toEqual(first)
    expect(await bytes(4)).not.toEqual(first)
  })

  const layerwise = { refit: 'layerwise', calibration: 64 } as const
  // An epoch on the way is better than the last, so that what is kept of it decides.
  const finetune = { epochs: 3, samples: 100, learningRate: 0.01, distill: true }
  /** What each run keeps, without the numbers of layers, trials and epochs, and after which of it the run is killed. */
  const everyKind = [
    [
      'a budget with fine-tuning',
      { strategy: 'taylor', goal: half, ...layerwise, finetune },
      ['decision', 'refit', 'pruned', 'verified', 'finetune', 'best-epoch', 'epoch', 'recovered'],
      'everything',
    ],
    [
      'the result-oriented strategy',
      { goal: half, ...layerwise },
      ['decision', 'refit', 'pruned', 'verified'],
      'everything',
    ],
    [
      'a tolerance',
      { strategy: 'l2', goal: { kind: 'max-kl', value: 0.2 }, ...layerwise },
      ['decision', 'refit', 'trial'],
      'everything',
    ],
    [
      'a latency budget',
      { strategy: 'l2', goal: { kind: 'max-latency-ms', value: 1e9 }, ...layerwise },
      ['decision', 'latency', 'pruned', 'verified'],
      'latency',
    ],
    [
      'the refit on the result',
      { strategy: 'l2', goal: half, calibration: 64, refit: 'sequential' },
      ['decision', 'refit', 'refit-result', 'pruned', 'verified'],
      'refit-result',
    ],
  ] as const

  it.each(everyKind)(
    'killed after any kept step and resumed, %s gives the same network',
    async (_, settings, kinds, after) => {
      const whole = memoryStore()
      const expected = await run(settings, data, watched(whole))
      expect(new Set(whole.saves.map((key) => key.replace(/-\d+/g, '')))).toEqual(new Set(kinds))
      const best = whole.kept.get('best-epoch')
      if (best) expect(packGraph(expected.graph)).toEqual(unpack<{ value: Uint8Array }>(best).value)
      const killed = memoryStore(new Map(), 2)
      await expect(run(settings, data, watched(killed))).rejects.toThrow('killed')
      expect([...killed.kept.keys()]).toEqual([...whole.before(2).keys()])
      for (const [i, key] of whole.saves.entries()) {
        if (after !== 'everything' && key !== after) continue
        const resumed = await run(settings, data, watched(memoryStore(whole.before(i + 1))))
        expect(packGraph(resumed.graph), `after ${key}`).toEqual(packGraph(expected.graph))
        expect({ ...resumed.result, timing: null }, `after ${key}`).toEqual({ ...expected.result, timing: null })
        expect(resumed.trace, `after ${key}`).toEqual(expected.trace)
      }
    },
  )

  it('does not take the kept steps of another run', async () => {
    const store = memoryStore()
    await run({ strategy: 'l1', goal: half, refit: 'none' }, data, watched(store))
    const other = await run(
      { strategy: 'l1', goal: { kind: 'keep-macs', value: 0.7 }, refit: 'none' },
      data,
      watched(store),
    )
    const fresh = await run({ strategy: 'l1', goal: { kind: 'keep-macs', value: 0.7 }, refit: 'none' })
    expect(packGraph(other.graph)).toEqual(packGraph(fresh.graph))
  })

  it('knows the steps again that the differing options do not touch', async () => {
    const store = memoryStore()
    await run({ strategy: 'taylor', goal: half, refit: 'none' }, data, watched(store))
    const decided = store.kept.get('decision')
    const mild = { strategy: 'taylor', goal: { kind: 'keep-macs', value: 0.7 }, refit: 'bn' } as const
    const again = await run(mild, data, watched(store))
    expect(store.kept.get('decision')).toBe(decided)
    expect(packGraph(again.graph)).toEqual(packGraph((await run(mild, data)).graph))
    const pruned = store.kept.get('pruned')
    const finetune = { epochs: 1, samples: 100, learningRate: 0.01, distill: false }
    await run({ ...mild, finetune }, data, watched(store))
    expect(store.kept.get('pruned')).toBe(pruned)
  })

  it('stops between batches when it is cancelled, leaks nothing, and goes on from there', async () => {
    const before = memoryUse().tensors
    for (const stage of ['observe', 'apply', 'verify', 'recover', 'evaluate'] as const) {
      const store = memoryStore()
      const hooks = watched(store, (self, progress) => {
        if (progress.stage === stage) self.controller.abort()
      })
      await expect(run(config, data, hooks)).rejects.toMatchObject({ code: 'CANCELLED' })
      expect(memoryUse().tensors).toBe(before)
    }
  })
})

describe('broken input', () => {
  it('names the sample or the layer that is not finite', async () => {
    const broken = toyData()
    const { train } = broken
    const poisoned = {
      ...broken,
      hash: 'poisoned',
      train: {
        ...train,
        read(indices: Int32Array) {
          const batch = train.read(indices)
          for (const { data: values } of batch.inputs.values()) values[0] = Number.NaN
          return batch
        },
      },
    }
    await expect(run({ strategy: 'apoz', goal: half }, poisoned)).rejects.toMatchObject({
      code: 'DATA_NON_FINITE',
      message: expect.stringMatching(/Sample \d+/),
    })
    const layer = graph.nodes.filter((node) => node.op === 'Conv')[1]
    const name = layer?.inputs[1] as string
    const weight = graph.constants.get(name) as NonNullable<ReturnType<typeof graph.constants.get>>
    const spoiled = Float32Array.from(weight.data as Float32Array)
    spoiled[0] = Number.POSITIVE_INFINITY
    const bad = graph.with({ constants: new Map(graph.constants).set(name, { ...weight, data: spoiled }) })
    await expect(
      compress({ graph: bad, data, config: toyConfig({ strategy: 'apoz', goal: half }) }, watched()),
    ).rejects.toMatchObject({ code: 'DATA_NON_FINITE', message: expect.stringContaining(layer?.name as string) })
  })

  it('refuses too few samples', async () => {
    await expect(run({ strategy: 'l2', goal: half }, toyData({ train: 40 }))).rejects.toMatchObject({
      code: 'DATA_TOO_FEW_SAMPLES',
    })
  })
})

describe('evaluate', () => {
  it('measures a split with its interval, accuracy a class and predictions', async () => {
    const result = await evaluate(graph, data, { split: 'test', batch: 64 })
    expect(result.value).toBeGreaterThan(70)
    expect(result.interval?.[0]).toBeLessThan(result.value as number)
    expect(result.perClass).toHaveLength(4)
    expect(result.predictions).toHaveLength(500)
    const labels = data.test?.labels as Int32Array
    const right = labels.filter((label, i) => result.predictions?.[i] === label).length
    expect(result.value).toBeCloseTo(right / 5, 6)
    expect((await evaluate(graph, data, { limit: 10 })).samples).toBe(10)
    await expect(evaluate(graph, data, { split: 'verification' })).rejects.toMatchObject({
      code: 'DATA_TOO_FEW_SAMPLES',
    })
  })
})
