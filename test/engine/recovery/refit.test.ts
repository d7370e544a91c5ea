import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling, type Coupling, type PruningPlan } from '../../../src/engine/coupling/index'
import type { SampleTable } from '../../../src/engine/data/types'
import { Graph, type GraphNode, int, ints } from '../../../src/engine/graph/graph'
import { float32, type TensorData, toFloat32 } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import {
  type LayerWeights,
  type RefitHooks,
  type RefitOptions,
  sequentialRefit,
} from '../../../src/engine/recovery/refit'
import { createSession, initBackend, memoryUse } from '../../../src/engine/runtime/index'
import { applyPlan } from '../../../src/engine/surgery/index'
import { chain } from '../strategies/result-oriented/chain'
import { chainNetwork, chainTable, range, tableOf } from '../strategies/result-oriented/chain-network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

/** Removes what is not in `kept`, group by group. */
function planKeeping(coupling: Coupling, kept: Readonly<Record<string, readonly number[]>>): PruningPlan {
  const removed = new Uint8Array(coupling.units + 1)
  for (const group of coupling.groups) {
    const stays = kept[group.name]
    if (!stays) continue
    group.units.forEach((unit, i) => {
      if (!stays.includes(i)) removed[unit] = 1
    })
  }
  return { removed }
}

function numbers(length: number, seed: number, scale = 1): Float32Array {
  let state = (seed * 2654435761 + 99) >>> 0
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
  output = `${name}_out`,
): GraphNode => ({ name, op, domain: '', inputs, outputs: [output], attributes })

const network = (
  nodes: GraphNode[],
  constants: Record<string, TensorData>,
  inputShape: (string | number)[],
  output: string,
): Graph =>
  inferShapes(
    new Graph({
      name: 'test',
      inputs: [{ name: 'input', dtype: 'float32', shape: inputShape }],
      outputs: [{ name: output, dtype: 'float32', shape: null }],
      nodes,
      constants: new Map(Object.entries(constants)),
    }),
  )

async function outputOf(graph: Graph, table: SampleTable): Promise<Float32Array> {
  const session = createSession(inferShapes(graph), { fuse: false })
  const result = [...(await session.run(table.read(range(table.count)).inputs)).values()][0]
  session.dispose()
  return result?.data as Float32Array
}

/** Relative error of the outputs against the original's. */
async function errorOf(graph: Graph, original: Graph, table: SampleTable): Promise<number> {
  const [a, b] = [await outputOf(graph, table), await outputOf(original, table)]
  let difference = 0
  let norm = 0
  for (let i = 0; i < b.length; i++) {
    difference += ((a[i] as number) - (b[i] as number)) ** 2
    norm += (b[i] as number) ** 2
  }
  return Math.sqrt(difference / norm)
}

async function refitted(
  original: Graph,
  kept: Readonly<Record<string, readonly number[]>>,
  table: SampleTable,
  options: Partial<RefitOptions> = {},
  hooks: RefitHooks = {},
) {
  const coupling = analyseCoupling(original)
  const plan = planKeeping(coupling, kept)
  const pruned = applyPlan(original, coupling, plan)
  const selection = { table, indices: range(table.count) }
  const merged = { batch: 16, seed: 0, positions: 64, rectifierSteps: 0, ...options }
  return { pruned, result: await sequentialRefit(original, pruned, coupling, plan, selection, merged, hooks) }
}

const [k0 = [], k1 = [], k2 = []] = chain.kept
const keptChain = { conv0: k0, conv1: k1, conv2: k2 }

const weightOf = (graph: Graph, name: string) => toFloat32(graph.constants.get(name) as TensorData)

function expectClose(a: Float32Array, b: ArrayLike<number>, tolerance: number) {
  expect(a.length).toBe(b.length)
  let worst = 0
  for (let i = 0; i < b.length; i++) worst = Math.max(worst, Math.abs((a[i] as number) - (b[i] as number)))
  expect(worst).toBeLessThan(tolerance)
}

describe('sequentialRefit', () => {
  it('finds the weights that the prototype finds', async () => {
    const { result } = await refitted(chainNetwork(), keptChain, chainTable())
    chain.refit.weights.forEach((weight, i) => {
      expectClose(weightOf(result, `w${i}`), weight.data, 2e-4)
      expectClose(weightOf(result, `b${i}`), (chain.refit.biases[i] as { data: ArrayLike<number> }).data, 2e-4)
    })
    expectClose(weightOf(result, 'wf'), chain.refit.dense.data, 2e-4)
    expectClose(weightOf(result, 'bf'), chain.refit.denseBias.data, 2e-4)
    expectClose(await outputOf(result, chainTable()), chain.logits.after.data, 1e-3)
  })

  it('gives the same whatever memory it may use', async () => {
    const once = await refitted(chainNetwork(), keptChain, chainTable())
    const again = await refitted(chainNetwork(), keptChain, chainTable(), { memoryBytes: 0 })
    expect(weightOf(again.result, 'wf')).toEqual(weightOf(once.result, 'wf'))
  })

  it('leaves a network alone of which nothing was removed, and what lies before the first removal', async () => {
    const original = chainNetwork()
    const { result, pruned } = await refitted(original, {}, chainTable())
    expect(result).toBe(pruned)
    const later = await refitted(original, { conv2: k2 }, chainTable())
    expect(weightOf(later.result, 'w1')).toEqual(weightOf(original, 'w1'))
    expect(weightOf(later.result, 'wf')).not.toEqual(weightOf(later.pruned, 'wf'))
  })

  it('goes on after an interruption to the very same weights', async () => {
    const done = new Map<string, LayerWeights>()
    const keep = async (layer: string, weights: LayerWeights) => {
      done.set(layer, weights)
    }
    const whole = await refitted(chainNetwork(), keptChain, chainTable(), {}, { layerDone: keep })
    expect([...done.keys()]).toEqual(['conv1', 'conv2', 'fc'])
    done.delete('fc')
    const fresh: string[] = []
    const resumed = await refitted(
      chainNetwork(),
      keptChain,
      chainTable(),
      {},
      {
        fitted: done,
        layerDone: async (layer) => {
          fresh.push(layer)
        },
      },
    )
    expect(fresh).toEqual(['fc'])
    for (const name of ['w1', 'w2', 'wf', 'bf'])
      expect(weightOf(resumed.result, name)).toEqual(weightOf(whole.result, name))
  })

  it('ends when cancelled and leaves nothing on the backend', async () => {
    const before = memoryUse().tensors
    const stop = new AbortController()
    const cancelled = refitted(
      chainNetwork(),
      keptChain,
      chainTable(),
      {},
      {
        signal: stop.signal,
        progress: (fraction) => {
          if (fraction > 0.4) stop.abort()
        },
      },
    )
    await expect(cancelled).rejects.toMatchObject({ code: 'CANCELLED' })
    await refitted(chainNetwork(), keptChain, chainTable())
    expect(memoryUse().tensors).toBe(before)
  })

  it('gives a convolution in front of a BatchNorm a bias, and the BatchNorm keeps its numbers', async () => {
    const table = tableOf(numbers(32 * 2 * 36, 1), [2, 6, 6])
    const ones = (n: number) => float32([n], new Float32Array(n).fill(1))
    const original = network(
      [
        node('a', 'Conv', ['input', 'wa'], new Map([['pads', ints([1, 1, 1, 1])]])),
        node('relu', 'Relu', ['a_out']),
        node('b', 'Conv', ['relu_out', 'wb'], new Map([['pads', ints([1, 1, 1, 1])]])),
        node('bn', 'BatchNormalization', ['b_out', 'gamma', 'beta', 'mean', 'variance']),
      ],
      {
        wa: float32([8, 2, 3, 3], numbers(144, 2)),
        wb: float32([3, 8, 3, 3], numbers(216, 3)),
        gamma: ones(3),
        beta: float32([3], [0.1, 0.2, 0.3]),
        mean: float32([3], [0.5, -0.5, 0.2]),
        variance: ones(3),
      },
      ['batch', 2, 6, 6],
      'bn_out',
    )
    const { pruned, result } = await refitted(original, { a: [0, 2, 3, 5, 6] }, table)
    const [before, after] = [await errorOf(pruned, original, table), await errorOf(result, original, table)]
    expect(after).toBeLessThan(0.75 * before)
    expect(result.node('b').inputs[2]).toBe('b/bias')
    expect(weightOf(result, 'mean')).toEqual(weightOf(original, 'mean'))
  })

  it('fits every group of a grouped convolution', async () => {
    const table = tableOf(numbers(48 * 4 * 25, 4), [4, 5, 5])
    const original = network(
      [
        node('a', 'Conv', ['input', 'wa']),
        node('relu', 'Relu', ['a_out']),
        node(
          'b',
          'Conv',
          ['relu_out', 'wb', 'bb'],
          new Map([
            ['group', int(2)],
            ['pads', ints([1, 1, 1, 1])],
          ] as const),
        ),
      ],
      {
        wa: float32([8, 4, 1, 1], numbers(32, 5)),
        wb: float32([4, 4, 3, 3], numbers(144, 6)),
        bb: float32([4], [1, 2, 3, 4]),
      },
      ['batch', 4, 5, 5],
      'b_out',
    )
    // Ranks 0-3 of both groups are one unit each.
    const { pruned, result } = await refitted(original, { a: [0, 1, 3] }, table)
    expect(result.constants.get('wb')?.dims).toEqual([4, 3, 3, 3])
    const [before, after] = [await errorOf(pruned, original, table), await errorOf(result, original, table)]
    expect(after).toBeLessThan(0.7 * before)
  })

  it('puts an addition behind a MatMul that has no bias', async () => {
    const table = tableOf(numbers(64 * 5 * 4, 7), [5, 4])
    const original = network(
      [node('a', 'MatMul', ['input', 'wa']), node('relu', 'Relu', ['a_out']), node('b', 'MatMul', ['relu_out', 'wb'])],
      { wa: float32([4, 10], numbers(40, 8)), wb: float32([10, 3], numbers(30, 9)) },
      ['batch', 5, 4],
      'b_out',
    )
    const { pruned, result } = await refitted(original, { a: [0, 1, 2, 4, 6, 7, 9] }, table)
    expect(result.producer('b_out')?.op).toBe('Add')
    const [before, after] = [await errorOf(pruned, original, table), await errorOf(result, original, table)]
    expect(after).toBeLessThan(0.6 * before)
  })

  it('lets the last producer of a residual branch make up for what the shortcut lost', async () => {
    const table = tableOf(numbers(64 * 3 * 25, 10), [3, 5, 5])
    const conv3 = new Map([['pads', ints([1, 1, 1, 1])]])
    const original = network(
      [
        node('stem', 'Conv', ['input', 'ws'], conv3),
        node('wide', 'Relu', ['stem_out']),
        node('short', 'Conv', ['wide_out', 'wh']),
        node('a', 'Conv', ['wide_out', 'wa'], conv3),
        node('relu', 'Relu', ['a_out']),
        node('b', 'Conv', ['relu_out', 'wb'], conv3),
        node('bn', 'BatchNormalization', ['b_out', 'gamma', 'beta', 'mean', 'variance']),
        node('sum', 'Add', ['bn_out', 'short_out']),
      ],
      {
        ws: float32([10, 3, 3, 3], numbers(270, 11)),
        wh: float32([4, 10, 1, 1], numbers(40, 12)),
        wa: float32([10, 10, 3, 3], numbers(900, 13, 0.3)),
        wb: float32([4, 10, 3, 3], numbers(360, 14, 0.3)),
        gamma: float32([4], [1, 0.5, -2, 0.7]),
        beta: float32([4], [0, 0.1, 0.2, 0.3]),
        mean: float32([4], [0.1, 0, 0, 0.2]),
        variance: float32([4], [1, 2, 1, 0.5]),
      },
      ['batch', 3, 5, 5],
      'sum_out',
    )
    const kept = { stem: [0, 1, 4, 6, 8] }
    const { result } = await refitted(original, kept, table)
    // The same without the addition: its branch then only imitates itself.
    const coupling = analyseCoupling(original)
    const plan = planKeeping(coupling, kept)
    const pruned = applyPlan(original, coupling, plan)
    const selection = { table, indices: range(table.count) }
    const apart = (graph: Graph) =>
      graph.with({
        nodes: graph.nodes.filter(({ name }) => name !== 'sum'),
        outputs: ['bn_out', 'short_out'].map((name) => ({ name, dtype: 'float32' as const, shape: null })),
      })
    const own = await sequentialRefit(apart(original), apart(pruned), coupling, plan, selection, {
      batch: 16,
      seed: 0,
      positions: 64,
      rectifierSteps: 0,
    })
    const joined = pruned.with({ nodes: [...own.nodes, original.node('sum')], constants: own.constants })
    const [together, alone] = [await errorOf(result, original, table), await errorOf(joined, original, table)]
    expect(together).toBeLessThan(0.95 * alone)
  })

  /** Two convolutions in a row behind a first one, each with BatchNorm and a rectifier. */
  const rectified = (op: 'Relu' | 'Clip', addition: boolean) => {
    const conv3 = new Map([['pads', ints([1, 1, 1, 1])]])
    const norm = (i: number) => [`g${i}`, `be${i}`, `m${i}`, `v${i}`]
    const bounds = op === 'Clip' ? ['low', 'high'] : []
    const constants: Record<string, TensorData> = {
      low: float32([], [0]),
      high: float32([], [0.6]),
      w0: float32([10, 3, 3, 3], numbers(270, 21)),
      w1: float32([6, 10, 3, 3], numbers(540, 22, 0.4)),
    }
    ;[10, 6].forEach((n, i) => {
      constants[`g${i}`] = float32([n], numbers(n, 30 + i))
      constants[`be${i}`] = float32([n], numbers(n, 40 + i, 0.3))
      constants[`m${i}`] = float32([n], numbers(n, 50 + i, 0.3))
      constants[`v${i}`] = float32(
        [n],
        numbers(n, 60 + i).map((v) => 0.3 + v * v),
      )
    })
    if (addition) constants.ws = float32([6, 3, 1, 1], numbers(18, 70))
    return network(
      [
        ...(addition ? [node('short', 'Conv', ['input', 'ws'])] : []),
        node('a', 'Conv', ['input', 'w0'], conv3),
        node('bn0', 'BatchNormalization', ['a_out', ...norm(0)]),
        node('act0', op, ['bn0_out', ...bounds]),
        node('b', 'Conv', ['act0_out', 'w1'], conv3),
        node('bn1', 'BatchNormalization', ['b_out', ...norm(1)]),
        ...(addition ? [node('sum', 'Add', ['bn1_out', 'short_out'])] : []),
        node('act1', op, [addition ? 'sum_out' : 'bn1_out', ...bounds]),
      ],
      constants,
      ['batch', 3, 5, 5],
      'act1_out',
    )
  }

  for (const [op, addition] of [
    ['Relu', false],
    ['Clip', false],
    ['Relu', true],
  ] as const) {
    const name = addition ? 'an addition and a rectifier' : `a ${op}`
    it(`lowers the error behind ${name} further with every repeated fit`, async () => {
      const table = tableOf(numbers(64 * 3 * 25, 20), [3, 5, 5])
      const original = rectified(op, addition)
      const errors: number[] = []
      for (const rectifierSteps of [0, 1, 3]) {
        const { result } = await refitted(original, { a: [0, 2, 3, 5, 6, 9] }, table, { rectifierSteps, ridge: 1e-6 })
        errors.push(await errorOf(result, original, table))
      }
      expect(errors[1]).toBeLessThan(errors[0] as number)
      expect(errors[2]).toBeLessThan(errors[1] as number)
    })
  }

  it('fits a product over tokens on the channels that are left', async () => {
    const [tokens, channels] = [6, 8]
    // Channels that read nothing, and hidden units that nothing is read from: what goes is not missed.
    const embedding = numbers(4 * channels, 31)
    for (let row = 0; row < 4; row++) for (const dead of [1, 4, 7]) embedding[row * channels + dead] = 0
    const back = numbers(5 * tokens, 33)
    back.fill(0, 2 * tokens, 3 * tokens)
    const turned = () => new Map([['perm', ints([0, 2, 1])]])
    const original = network(
      [
        node('embed', 'MatMul', ['input', 'we']),
        node('first', 'Transpose', ['embed_out'], turned()),
        node('mix', 'MatMul', ['first_out', 'w1']),
        node('cut', 'Relu', ['mix_out']),
        node('back', 'MatMul', ['cut_out', 'w2']),
        node('second', 'Transpose', ['back_out'], turned()),
        node('head', 'MatMul', ['second_out', 'w3']),
      ],
      {
        we: float32([4, channels], embedding),
        w1: float32([tokens, 5], numbers(tokens * 5, 32)),
        w2: float32([5, tokens], back),
        w3: float32([channels, 3], numbers(channels * 3, 34)),
      },
      ['N', tokens, 4],
      'head_out',
    )
    const table = tableOf(numbers(64 * tokens * 4, 35), [tokens, 4])
    for (const positions of [64, 3]) {
      const { pruned, result } = await refitted(original, { embed: [0, 2, 3, 5, 6], mix: [0, 1, 3, 4] }, table, {
        ridge: 1e-6,
        positions,
      })
      expect(pruned.constants.get('w3')?.dims).toEqual([5, 3])
      expect(pruned.constants.get('w1')?.dims).toEqual([6, 4])
      expect(await errorOf(result, original, table)).toBeLessThan(1e-4)
    }
  })

  it('repeats a fit to the same weights whether rows are kept or gathered again', async () => {
    const table = tableOf(numbers(64 * 3 * 25, 20), [3, 5, 5])
    const kept = { a: [0, 2, 3, 5, 6, 9] }
    const once = await refitted(rectified('Relu', false), kept, table, { rectifierSteps: 2 })
    const again = await refitted(rectified('Relu', false), kept, table, { rectifierSteps: 2, rowBytes: 0 })
    expect(weightOf(again.result, 'w1')).toEqual(weightOf(once.result, 'w1'))
  })
})
