import { beforeAll, describe, expect, it } from 'vitest'
import { analyseCoupling } from '../../../src/engine/coupling/index'
import { stream } from '../../../src/engine/data/rng'
import type { SampleTable, Selection } from '../../../src/engine/data/types'
import { Graph, type GraphNode, int, ints } from '../../../src/engine/graph/graph'
import { float32, toFloat32 } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import { mixed } from '../../../src/engine/recovery/mixing'
import { type ResultRefitOptions, type ResultRefitState, resultRefit } from '../../../src/engine/recovery/refit-result'
import { Teacher } from '../../../src/engine/recovery/result-gradients'
import { resultLoss } from '../../../src/engine/recovery/result-loss'
import { createSession, initBackend, memoryUse } from '../../../src/engine/runtime/index'
import { type Tensor, tensor, tidy } from '../../../src/engine/runtime/tensors'
import { applyPlan } from '../../../src/engine/surgery/index'
import { chainNetwork, range, tableOf } from '../strategies/result-oriented/chain-network'

beforeAll(async () => {
  await initBackend({ backend: 'wasm' })
})

function numbers(length: number, seed: number): Float32Array {
  const random = stream(seed, 'samples')
  return Float32Array.from({ length }, () => random.normal())
}

const form = { kind: 'softmax' } as const
const samples: Selection = { table: tableOf(numbers(192 * 192, 1), [3, 8, 8]), indices: range(192) }
const unseen: Selection = { table: tableOf(numbers(128 * 192, 2), [3, 8, 8]), indices: range(128) }

/** The chain without the second half of its first two groups. */
function smaller(original: Graph): Graph {
  const coupling = analyseCoupling(original)
  const removed = new Uint8Array(coupling.units + 1)
  for (const group of coupling.groups.filter(({ prunable }) => prunable).slice(0, 2)) {
    for (const unit of group.units.slice(group.units.length / 2)) removed[unit] = 1
  }
  return applyPlan(original, coupling, { removed })
}

async function divergence(original: Graph, result: Graph, { table, indices }: Selection): Promise<number> {
  const outputs = await Promise.all(
    [original, result].map(async (graph) => {
      const session = createSession(inferShapes(graph), { fuse: false })
      const found = [...(await session.run(table.read(indices).inputs)).values()][0]
      session.dispose()
      return found?.data as Float32Array
    }),
  )
  const [p, q] = outputs.map((values) =>
    Array.from({ length: indices.length }, (_, i) => {
      const row = Array.from(values.slice(5 * i, 5 * i + 5), Math.exp)
      const total = row.reduce((a, b) => a + b, 0)
      return row.map((value) => value / total)
    }),
  ) as [number[][], number[][]]
  let sum = 0
  p.forEach((row, i) => {
    row.forEach((value, k) => {
      sum += value * Math.log(value / (q[i]?.[k] as number))
    })
  })
  return sum / indices.length
}

const weightsOf = (graph: Graph) =>
  [...graph.constants].filter(([, { dtype }]) => dtype === 'float32').map(([name, data]) => [name, toFloat32(data)])

const options: ResultRefitOptions = { form, seed: 3, batch: 32, steps: 96 }

describe('resultRefit', () => {
  it('brings the result nearer to the original on samples it has not seen', async () => {
    const original = chainNetwork()
    const start = smaller(original)
    const result = await resultRefit(original, start, samples, options)
    expect(await divergence(original, result, unseen)).toBeLessThan(0.5 * (await divergence(original, start, unseen)))
    expect(result.nodes).toEqual(start.nodes)
  })

  it('leaves a network that answers like the original as it is', async () => {
    const original = chainNetwork()
    const result = await resultRefit(original, original, samples, options)
    expect(weightsOf(result)).toEqual(weightsOf(original))
  })

  it('lets samples choose that the network it was given has not been fitted to, where there are any', async () => {
    const original = chainNetwork()
    const start = smaller(original)
    const { table } = samples
    const reads = new Map<number, number>()
    const counted: SampleTable = {
      ...table,
      read(indices) {
        for (const index of indices) reads.set(index, (reads.get(index) ?? 0) + 1)
        return table.read(indices)
      },
    }
    // Before the first step and at four stops; an eighth of the 64 samples for calibration.
    const heldOutOf = async (more: Int32Array) => {
      reads.clear()
      await resultRefit(original, start, { table: counted, indices: range(64) }, { ...options, steps: 96, more })
      const seen = new Int32Array(192).map((_, index) => reads.get(index) ?? 0)
      return [...seen.keys()].filter((index) => seen[index] === 5)
    }
    expect(await heldOutOf(range(192).subarray(64))).toEqual([...range(192).subarray(184)])
    expect(await heldOutOf(new Int32Array())).toEqual([...range(64).subarray(56)])
  })

  it('asks the original anew where a batch comes in other parts', () => {
    const teacher = new Teacher(chainNetwork())
    const answered = (count: number) =>
      tidy(() => teacher.answer('held out', samples.table.read(range(count)).inputs, 'plain').tensor.shape)
    expect([answered(6), answered(4), answered(6)]).toEqual([
      [6, 5],
      [4, 5],
      [6, 5],
    ])
    teacher.dispose()
  })

  it('gives the same to rounding where a step does not fit into memory and is computed in parts', async () => {
    const original = chainNetwork()
    const start = smaller(original)
    const whole = weightsOf(await resultRefit(original, start, samples, options))
    const before = memoryUse().tensors
    const parted = weightsOf(await resultRefit(original, start, samples, { ...options, memoryBytes: 1 }))
    expect(memoryUse().tensors).toBe(before)
    parted.forEach(([name, values], i) => {
      const expected = whole[i]?.[1] as Float32Array
      let apart = 0
      for (const [j, value] of (values as Float32Array).entries()) {
        apart = Math.max(apart, Math.abs(value - (expected[j] as number)))
      }
      expect(apart, name as string).toBeLessThan(1e-3)
    })
    expect(parted).not.toEqual(whole)
  })

  it('gives the same when it is interrupted at any stop and goes on', async () => {
    const original = chainNetwork()
    const start = smaller(original)
    const states: ResultRefitState[] = []
    const whole = await resultRefit(original, start, samples, options, {
      save: async (state) => {
        states.push(state)
      },
    })
    expect(states.length).toBeGreaterThan(2)
    for (const state of [states[0], states[2]]) {
      const resumed = await resultRefit(original, start, samples, options, { load: async () => state ?? null })
      expect(weightsOf(resumed)).toEqual(weightsOf(whole))
    }
  })

  it('stops when it is cancelled, and leaves nothing on the backend', async () => {
    const original = chainNetwork()
    const start = smaller(original)
    const before = memoryUse().tensors
    const stop = new AbortController()
    const work = resultRefit(original, start, samples, options, {
      signal: stop.signal,
      progress: (fraction) => {
        if (fraction > 0.3) stop.abort()
      },
    })
    await expect(work).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(memoryUse().tensors).toBe(before)
    await resultRefit(original, start, samples, options)
    expect(memoryUse().tensors).toBe(before)
  })

  it('does nothing with too few samples to hold some out', async () => {
    const original = chainNetwork()
    const start = smaller(original)
    const few = { table: samples.table, indices: range(40) }
    expect(await resultRefit(original, start, few, options)).toBe(start)
  })
})

/** Word vectors, an LSTM in one direction, and a classifier of its last state. */
function lastState(hidden: number): Graph {
  const node = (name: string, op: string, inputs: string[], attributes: GraphNode['attributes'] = new Map()) => ({
    name,
    op,
    domain: '',
    inputs,
    outputs: op === 'LSTM' ? ['', `${name}_out`] : [`${name}_out`],
    attributes,
  })
  const weights = (dims: number[], seed: number) =>
    float32(
      dims,
      numbers(
        dims.reduce((a, b) => a * b, 1),
        seed,
      ),
    )
  const half = ({ dims, data }: ReturnType<typeof weights>) =>
    float32(
      [...dims],
      toFloat32({ dtype: 'float32', dims, data }).map((x) => x / 2),
    )
  return inferShapes(
    new Graph({
      name: 'last-state',
      inputs: [{ name: 'ids', dtype: 'int32', shape: ['batch', 6] }],
      outputs: [{ name: 'fc_out', dtype: 'float32', shape: ['batch', 5] }],
      nodes: [
        node('words', 'Gather', ['table', 'ids'], new Map([['axis', int(0)]])),
        node('turned', 'Transpose', ['words_out'], new Map([['perm', ints([1, 0, 2])]])),
        node('lstm', 'LSTM', ['turned_out', 'w', 'r', 'b'], new Map([['hidden_size', int(hidden)]])),
        node('flat', 'Squeeze', ['lstm_out', 'first']),
        node('fc', 'Gemm', ['flat_out', 'wf', 'bf'], new Map([['transB', int(1)]])),
      ],
      constants: new Map([
        ['table', weights([30, 8], 11)],
        ['w', half(weights([1, 4 * hidden, 8], 12))],
        ['r', half(weights([1, 4 * hidden, hidden], 13))],
        ['b', half(weights([1, 8 * hidden], 14))],
        ['first', { dtype: 'int64' as const, dims: [1], data: BigInt64Array.of(0n) }],
        ['wf', weights([5, hidden], 15)],
        ['bf', weights([5], 16)],
      ]),
    }),
  )
}

function sentences(count: number, seed: number): Selection {
  const random = stream(seed, 'words')
  const ids = Int32Array.from({ length: count * 6 }, () => random.integer(30))
  const table: SampleTable = {
    count,
    labels: null,
    read(indices) {
      const data = new Int32Array(indices.length * 6)
      indices.forEach((index, i) => {
        data.set(ids.subarray(6 * index, 6 * index + 6), 6 * i)
      })
      return { count: indices.length, inputs: new Map([['', { dims: [indices.length, 6], data }]]), labels: null }
    },
  }
  return { table, indices: range(count) }
}

describe('resultRefit on a recurrent network', () => {
  it('moves the kernels of an LSTM whose last state is read, and leaves the word vectors whole', async () => {
    const original = lastState(12)
    const coupling = analyseCoupling(original)
    const removed = new Uint8Array(coupling.units + 1)
    const states = coupling.groups.find(({ units, prunable }) => prunable && units.length === 12)
    for (const unit of states?.units.slice(8) ?? []) removed[unit] = 1
    const start = applyPlan(original, coupling, { removed })
    const result = await resultRefit(original, start, sentences(256, 21), options)
    const others = sentences(128, 22)
    expect(await divergence(original, result, others)).toBeLessThan(0.7 * (await divergence(original, start, others)))
    const changed = weightsOf(result).filter(([name, data]) => {
      const before = start.constants.get(name as string)
      return before && String(toFloat32(before)) !== String(data)
    })
    expect(changed.map(([name]) => name).sort()).toEqual(['b', 'bf', 'r', 'w', 'wf'])
  })
})

describe('resultLoss', () => {
  const logits = numbers(24, 5)
  const wanted = numbers(24, 6)
  const at = (data: Float32Array, kind: 'softmax' | 'bernoulli' | 'gaussian', dims: number[], last = false) =>
    tidy(() => {
      const live = (values: Float32Array) => ({ tensor: tensor(values, dims) as Tensor, layout: 'plain' as const })
      const { value, gradient } = resultLoss(live(data), live(wanted), { kind, classesLast: last }, 3)
      return { value: value.dataSync()[0] as number, gradient: Float32Array.from(gradient.dataSync()) }
    })

  it.each([
    ['softmax', [6, 4], false],
    ['softmax', [2, 3, 4], false],
    ['softmax', [2, 3, 4], true],
    ['bernoulli', [6, 4], false],
    ['gaussian', [6, 4], false],
  ] as const)('has the gradient of its value (%s %s)', (kind, dims, last) => {
    const { gradient } = at(logits, kind, [...dims], last)
    for (const i of [0, 7, 23]) {
      const moved = (by: number) =>
        at(logits.map((x, k) => (k === i ? x + by : x)) as Float32Array, kind, [...dims], last)
      expect(gradient[i]).toBeCloseTo((moved(0.05).value - moved(-0.05).value) / 0.1, 3)
    }
  })

  it('is nothing where both say the same', () => {
    for (const kind of ['softmax', 'bernoulli', 'gaussian'] as const) {
      expect(at(wanted, kind, [6, 4]).value).toBeCloseTo(0, 6)
    }
  })
})

describe('mixed', () => {
  const batchOf = (data: Float32Array | Int32Array) => ({
    count: 4,
    inputs: new Map([['', { dims: [4, 2], data }]]),
    labels: null,
  })

  it('keeps at least half of every sample, and adds another one of the batch', () => {
    const corners = Float32Array.of(1, 0, 0, 1, -1, 0, 0, -1)
    const data = mixed(batchOf(corners), stream(0, 'mix')).get('')?.data as Float32Array
    for (let i = 0; i < 4; i++) {
      const own = (data[2 * i] as number) * (corners[2 * i] as number)
      const across = (data[2 * i + 1] as number) * (corners[2 * i + 1] as number)
      expect(own + across).toBeGreaterThanOrEqual(0)
      const size = Math.abs(data[2 * i] as number) + Math.abs(data[2 * i + 1] as number)
      expect(size).toBeLessThanOrEqual(1 + 1e-6)
    }
    expect([...data]).not.toEqual([...corners])
  })

  it('exchanges tokens with those at the same place of another text, with their masks', () => {
    const [count, places] = [8, 50]
    const ids = Int32Array.from({ length: count * places }, (_, at) => at)
    const mask = Float32Array.from({ length: count * places }, (_, at) => Math.floor(at / places))
    const length = Int32Array.from({ length: count }, (_, n) => n)
    const inputs = new Map<string, { dims: number[]; data: Int32Array | Float32Array }>([
      ['ids', { dims: [count, places], data: ids }],
      ['mask', { dims: [count, places], data: mask }],
      ['length', { dims: [count], data: length }],
    ])
    const result = mixed({ count, inputs, labels: null }, stream(0, 'mix'))
    const got = result.get('ids')?.data as Int32Array
    let foreign = 0
    for (let n = 0; n < count; n++) {
      const from = new Set<number>()
      let taken = 0
      for (let p = 0; p < places; p++) {
        const token = got[n * places + p] as number
        expect(token % places).toBe(p)
        expect(result.get('mask')?.data[n * places + p]).toBe(Math.floor(token / places))
        if (Math.floor(token / places) === n) continue
        from.add(Math.floor(token / places))
        taken++
      }
      expect(from.size).toBeLessThanOrEqual(1)
      expect(taken).toBeLessThan(0.75 * places)
      foreign += taken
    }
    expect(foreign).toBeGreaterThan(0)
    expect(result.get('length')?.data).toBe(length)
    expect(ids[1]).toBe(1)
  })
})
