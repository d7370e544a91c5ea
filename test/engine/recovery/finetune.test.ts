import { beforeAll, describe, expect, it } from 'vitest'
import { stream } from '../../../src/engine/data/rng'
import { wholeTable } from '../../../src/engine/data/splits'
import type { Graph } from '../../../src/engine/graph/graph'
import { evaluate } from '../../../src/engine/pipeline'
import { packGraph } from '../../../src/engine/pipeline/checkpoint/graph-codec'
import { bnSamples, reestimate } from '../../../src/engine/recovery/batch-norm'
import {
  type FinetuneHooks,
  type FinetuneOptions,
  type FinetuneState,
  finetune,
} from '../../../src/engine/recovery/finetune'
import { createTrainer, memoryUse } from '../../../src/engine/runtime'
import { toyData, toyNetwork } from '../support/toy'

const data = toyData()
const rows = wholeTable(data.train)
let graph: Graph
/** The trained network with its first BatchNorm's statistics disturbed, and with an empty last layer too. */
let hurt: Graph
let empty: Graph

beforeAll(async () => {
  graph = await toyNetwork()
  const bn = graph.nodes.find((node) => node.op === 'BatchNormalization')
  const constants = new Map(graph.constants)
  for (const name of [bn?.inputs[3], bn?.inputs[4]] as string[]) {
    const constant = graph.constants.get(name) as NonNullable<ReturnType<typeof graph.constants.get>>
    const data = Float32Array.from(constant.data as Float32Array, (value) => 3 * value + 2)
    constants.set(name, { ...constant, data })
  }
  hurt = graph.with({ constants })
  const last = graph.nodes.find((node) => node.op === 'Gemm')?.inputs[1] as string
  const weight = constants.get(last) as NonNullable<ReturnType<typeof constants.get>>
  empty = hurt.with({
    constants: new Map(constants).set(last, { ...weight, data: new Float32Array(weight.data.length) }),
  })
}, 120_000)

const options: FinetuneOptions = {
  epochs: 2,
  samples: 600,
  learningRate: 0.02,
  batch: 60,
  seed: 0,
  loss: 'cross-entropy',
}

function hooks(more: Partial<FinetuneHooks> = {}): FinetuneHooks & { losses: number[]; states: FinetuneState[] } {
  const losses: number[] = []
  const states: FinetuneState[] = []
  return {
    losses,
    states,
    createTrainer,
    random: (epoch) => stream(0, `epoch ${epoch}`),
    onStep: (_step, _steps, loss) => void (loss !== null && losses.push(loss)),
    load: async () => null,
    save: async (state) => void states.push(state),
    ...more,
  }
}

describe('fine-tuning', () => {
  it('brings accuracy back, with a loss that falls and no leak', async () => {
    const before = memoryUse().tensors
    const seen = hooks()
    const tuned = await finetune(empty, rows, options, seen)
    expect(memoryUse().tensors).toBe(before)
    expect(seen.losses.at(-1)).toBeLessThan(seen.losses[0] as number)
    const [worse, better] = [await evaluate(empty, data), await evaluate(tuned, data)]
    expect(better.value).toBeGreaterThan((worse.value as number) + 5)
    expect(seen.states.map((state) => state.epoch)).toEqual([1, 2])
  })

  it.each(['distillation', 'mse'] as const)('follows the original by %s, without labels', async (loss) => {
    const unlabelled = {
      ...rows,
      table: { ...rows.table, labels: null, read: (at: Int32Array) => ({ ...rows.table.read(at), labels: null }) },
    }
    const seen = hooks({ teacher: graph })
    await finetune(hurt, unlabelled, { ...options, loss, learningRate: loss === 'mse' ? 0.002 : 0.02 }, seen)
    expect(seen.losses.at(-1)).toBeLessThan((seen.losses[0] as number) / 2)
  })

  it('goes on from a kept epoch to the same bytes', async () => {
    const first = hooks()
    const whole = await finetune(empty, rows, options, first)
    const resumed = await finetune(empty, rows, options, hooks({ load: async () => first.states[0] ?? null }))
    expect(packGraph(resumed)).toEqual(packGraph(whole))
  })

  it('stops where the loss diverges, where samples lack and where labels lack', async () => {
    await expect(finetune(hurt, rows, { ...options, learningRate: 1e20 }, hooks())).rejects.toMatchObject({
      code: 'MODEL_NON_FINITE',
    })
    const none = { table: data.train, indices: new Int32Array(0) }
    await expect(finetune(hurt, none, options, hooks())).rejects.toMatchObject({ code: 'DATA_TOO_FEW_SAMPLES' })
    const blind = wholeTable(toyData({ labelled: false }).train)
    await expect(finetune(hurt, blind, options, hooks())).rejects.toMatchObject({ code: 'DATA_INVALID' })
  })
})

describe('BatchNorm re-estimation', () => {
  it('repairs disturbed statistics without labels', async () => {
    const seen: number[] = []
    const repaired = await reestimate(hurt, rows, 100, async (done) => void seen.push(done))
    expect(seen.at(-1)).toBe(bnSamples)
    const [healthy, broken, after] = [
      await evaluate(graph, data),
      await evaluate(hurt, data),
      await evaluate(repaired, data),
    ]
    expect(after.value).toBeGreaterThan(broken.value as number)
    expect(Math.abs((after.value as number) - (healthy.value as number))).toBeLessThan(4)
  })
})
