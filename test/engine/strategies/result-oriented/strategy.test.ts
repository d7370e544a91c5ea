import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../../src/engine/coupling/index'
import type { SampleTable } from '../../../../src/engine/data/types'
import { createCostModel, divergence } from '../../../../src/engine/evaluation/index'
import { Graph, type GraphNode, int, ints } from '../../../../src/engine/graph/graph'
import { float32, type TensorData } from '../../../../src/engine/graph/tensor'
import { inferShapes } from '../../../../src/engine/ops/infer'
import { sequentialRefit } from '../../../../src/engine/recovery/refit'
import { createSession, initBackend, memoryUse } from '../../../../src/engine/runtime/index'
import {
  priceNetwork,
  type ResultOrientedDecision,
  type ResultOrientedInput,
  type ResultOrientedOptions,
} from '../../../../src/engine/strategies/result-oriented/index'
import { applyPlan } from '../../../../src/engine/surgery/index'
import { chain } from './chain'
import { chainNetwork, chainTable, range, tableOf } from './chain-network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

function inputFor(
  graph: Graph,
  table: SampleTable,
  keep: number,
  options: Partial<ResultOrientedOptions> = {},
  more: Partial<ResultOrientedInput> = {},
): ResultOrientedInput & { readonly target: number } {
  const coupling = analyseCoupling(graph, options.protect ?? [])
  const cost = createCostModel(graph, coupling)
  return {
    graph,
    coupling,
    cost,
    calibration: { table, indices: range(table.count) },
    options: {
      batch: 16,
      seed: 0,
      positions: 64,
      result: 'softmax',
      measure: 'macs',
      roundTo: 1,
      protect: [],
      ...options,
    },
    target: keep * cost.macs,
    ...more,
  }
}

async function decide({ target, ...input }: ReturnType<typeof inputFor>): Promise<ResultOrientedDecision> {
  return (await priceNetwork(input)).decideTo(target)
}

const planOf = (units: number, removals: readonly { unit: number }[]) => {
  const removed = new Uint8Array(units + 1)
  for (const { unit } of removals) removed[unit] = 1
  return { removed }
}

async function logitsOf(graph: Graph, table: SampleTable): Promise<Float32Array> {
  const session = createSession(graph, { fuse: true })
  const [result] = [...(await session.run(table.read(range(table.count)).inputs)).values()]
  session.dispose()
  return result?.data as Float32Array
}

function numbers(length: number, seed: number, scale = 1): Float32Array {
  let state = (seed * 2654435761 + 17) >>> 0
  return Float32Array.from({ length }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return scale * (state / 2 ** 31 - 1)
  })
}

const node = (
  name: string,
  op: string,
  inputs: string[],
  attributes: GraphNode['attributes'] = new Map(),
): GraphNode => ({
  name,
  op,
  domain: '',
  inputs,
  outputs: [`${name}_out`],
  attributes,
})

/** A residual block, a grouped convolution and a dense layer behind a flatten. */
function knottyNetwork(): Graph {
  const same = new Map([['pads', ints([1, 1, 1, 1])]])
  const grouped = new Map([
    ['pads', ints([1, 1, 1, 1])],
    ['group', int(2)],
  ] as const)
  const weight = (dims: number[], seed: number) => {
    const size = dims.reduce((a, b) => a * b, 1)
    return float32(dims, numbers(size, seed, Math.sqrt((3 * (dims[0] as number)) / size)))
  }
  const constants: Record<string, TensorData> = {
    ws: weight([8, 2, 3, 3], 1),
    wa: weight([6, 8, 3, 3], 2),
    wb: weight([8, 6, 3, 3], 3),
    wg: weight([12, 4, 3, 3], 4),
    wf: weight([4, 12 * 16], 5),
    bf: float32([4], [0.1, 0.2, -0.1, 0]),
  }
  const nodes = [
    node('stem', 'Conv', ['input', 'ws'], same),
    node('stem_relu', 'Relu', ['stem_out']),
    node('a', 'Conv', ['stem_relu_out', 'wa'], same),
    node('a_relu', 'Relu', ['a_out']),
    node('b', 'Conv', ['a_relu_out', 'wb'], same),
    node('sum', 'Add', ['stem_relu_out', 'b_out']),
    node('sum_relu', 'Relu', ['sum_out']),
    node('g', 'Conv', ['sum_relu_out', 'wg'], grouped),
    node('g_relu', 'Relu', ['g_out']),
    node('flat', 'Flatten', ['g_relu_out'], new Map([['axis', int(1)]])),
    node('fc', 'Gemm', ['flat_out', 'wf', 'bf'], new Map([['transB', int(1)]])),
  ]
  return inferShapes(
    new Graph({
      name: 'knotty',
      inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 2, 4, 4] }],
      outputs: [{ name: 'fc_out', dtype: 'float32', shape: null }],
      nodes,
      constants: new Map(Object.entries(constants)),
    }),
  )
}

describe('the result-oriented decision', () => {
  it('meets a budget, and goes the way of a larger budget until that is nearly met', async () => {
    const small = await decide(inputFor(chainNetwork(), chainTable(), 0.3))
    const large = await decide(inputFor(chainNetwork(), chainTable(), 0.6))
    const whole = createCostModel(chainNetwork(), analyseCoupling(chainNetwork())).macs
    expect(small.trajectory.at(-1)?.macs).toBeLessThanOrEqual(0.3 * whole)
    expect(small.trajectory.at(-2)?.macs).toBeGreaterThan(0.3 * whole)
    const units = (decision: typeof small) => decision.trajectory.map(({ unit }) => unit)
    // Only what fills the end of the larger budget is chosen for it: a unit here saves at most a tenth of the network.
    const common = large.trajectory.findIndex(({ macs }) => macs < 0.7 * whole)
    expect(common).toBeGreaterThan(3)
    expect(units(small).slice(0, common)).toEqual(units(large).slice(0, common))
    expect(small.correlation.groups).toEqual(['conv0', 'conv1', 'conv2'])
    expect(small.notes).toEqual([])
  })

  it('orders everything that may go where no target is set', async () => {
    const { trajectory } = await decide(inputFor(chainNetwork(), chainTable(), 0))
    // Two units of each of the three groups stay.
    expect(trajectory.length).toBe(6 + 8 + 7 - 6)
    expect(new Set(trajectory.map(({ unit }) => unit)).size).toBe(trajectory.length)
  })

  it('decides the same for the same seed and leaves nothing on the backend', async () => {
    const before = memoryUse().tensors
    const [a, b] = [
      await decide(inputFor(chainNetwork(), chainTable(), 0.4)),
      await decide(inputFor(chainNetwork(), chainTable(), 0.4)),
    ]
    expect(a).toEqual(b)
    expect(memoryUse().tensors).toBe(before)
  })

  it('measures what the prices speak of: predicted and measured KL agree while changes are small', async () => {
    const graph = chainNetwork()
    const reference = await logitsOf(graph, chainTable())
    const measure = async (network: Graph) => {
      const logits = await logitsOf(network, chainTable())
      let kl = 0
      for (let n = 0; n < 64; n++) {
        kl += divergence({ kind: 'softmax', probabilities: false }, reference, logits, n * 5, 5)
      }
      return kl / 64
    }
    const input = inputFor(graph, chainTable(), 0.3, {}, { checkpoints: { apply: applyPlan, measure } })
    const { target, ...priceable } = input
    const priced = await priceNetwork(priceable)
    const { trajectory } = await priced.decideTo(target)
    const { checkpoints } = await priced.told(trajectory)
    expect(checkpoints.length).toBeGreaterThan(5)
    expect(checkpoints.at(-1)?.macs).toBeLessThanOrEqual(input.target)
    const first = checkpoints[0]
    expect(first?.measured).toBeGreaterThan(0)
    const ratio = (first?.predicted ?? 0) / (first?.measured ?? 1)
    expect(ratio).toBeGreaterThan(1 / 3)
    expect(ratio).toBeLessThan(3)
    for (let i = 1; i < checkpoints.length; i++) {
      expect(checkpoints[i]?.predicted).toBeGreaterThanOrEqual(checkpoints[i - 1]?.predicted as number)
    }
  })

  it('leaves protected layers whole', async () => {
    const { trajectory } = await decide(inputFor(chainNetwork(), chainTable(), 0.6, { protect: ['conv1'] }))
    expect(trajectory.length).toBeGreaterThan(0)
    expect(trajectory.some(({ group }) => group === 'conv1')).toBe(false)
  })

  it('says by name that nothing may go', async () => {
    const input = inputFor(chainNetwork(), chainTable(), 0.6, { protect: ['conv0', 'conv1', 'conv2'] })
    await expect(decide(input)).rejects.toMatchObject({ code: 'NOTHING_PRUNABLE' })
  })

  it('prices on channel moments where patches would be too wide, and chooses much the same', async () => {
    const patch = await decide(inputFor(chainNetwork(), chainTable(), 0.4))
    const channel = await decide(inputFor(chainNetwork(), chainTable(), 0.4, { maxRows: 10 }))
    const gone = new Set(patch.trajectory.map(({ unit }) => unit))
    const shared = channel.trajectory.filter(({ unit }) => gone.has(unit)).length
    expect(shared).toBeGreaterThanOrEqual(0.6 * patch.trajectory.length)
  })

  it('decides to one goal after the other as it does to each alone, and leaves the cost of the whole network alone', async () => {
    const { target, ...input } = inputFor(chainNetwork(), chainTable(), 0.4)
    const before = input.cost.macs
    const priced = await priceNetwork(input)
    const [first, , again] = [
      await priced.decideTo(target),
      await priced.decideTo(target / 2),
      await priced.decideTo(target),
    ]
    expect(again).toEqual(first)
    expect(first).toEqual(await decide(inputFor(chainNetwork(), chainTable(), 0.4)))
    expect(input.cost.macs).toBe(before)
  })

  it('works through residual additions, groups and a flatten, and the refit recovers the result', async () => {
    const graph = knottyNetwork()
    const table = tableOf(numbers(96 * 2 * 16, 9), [2, 4, 4], 4)
    const input = inputFor(graph, table, 0.5)
    const { trajectory } = await decide(input)
    expect(new Set(trajectory.map(({ group }) => group)).size).toBeGreaterThan(1)
    const plan = planOf(input.coupling.units, trajectory)
    const pruned = applyPlan(graph, input.coupling, plan)
    const fitted = await sequentialRefit(graph, pruned, input.coupling, plan, input.calibration, {
      batch: 16,
      seed: 0,
      positions: 64,
    })
    const reference = await logitsOf(graph, table)
    const distance = (logits: Float32Array) =>
      logits.reduce((sum, v, i) => sum + (v - (reference[i] as number)) ** 2, 0)
    expect(distance(await logitsOf(fitted, table))).toBeLessThan(0.4 * distance(await logitsOf(pruned, table)))
  })

  it('loses less at the same budget than removing the units it found dearest', async () => {
    const graph = chainNetwork()
    const table = chainTable()
    const input = inputFor(graph, table, 0.4)
    const { trajectory } = await decide(input)
    const whole = await decide(inputFor(graph, table, 0))
    const reference = chain.logits.before.data as Float32Array
    const lossOf = async (units: readonly { unit: number }[]) => {
      const plan = planOf(input.coupling.units, units)
      const fitted = await sequentialRefit(
        graph,
        applyPlan(graph, input.coupling, plan),
        input.coupling,
        plan,
        input.calibration,
        {
          batch: 16,
          seed: 0,
          positions: 64,
        },
      )
      const logits = await logitsOf(fitted, table)
      return logits.reduce((sum, v, i) => sum + (v - (reference[i] as number)) ** 2, 0)
    }
    // As many units of each group as were removed, but the last ones of the order.
    const reversed = [...whole.trajectory].reverse()
    const dear = input.coupling.groups.flatMap(({ name }) => {
      const count = trajectory.filter(({ group }) => group === name).length
      const kept = input.coupling.groups.find((group) => group.name === name)
      const never = [...(kept?.units ?? [])].filter(
        (unit) => !whole.trajectory.some((removal) => removal.unit === unit),
      )
      const candidates = [...never.map((unit) => ({ unit })), ...reversed.filter(({ group }) => group === name)]
      return candidates.slice(0, count)
    })
    expect(await lossOf(trajectory)).toBeLessThan(0.7 * (await lossOf(dear)))
  })
})
