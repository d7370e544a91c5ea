/** Sessions: taps, partial execution, constants, errors, and that nothing is left behind. */
import { beforeAll, describe, expect, it } from 'vitest'
import { Graph, type GraphNode, int, ints, type ValueInfo } from '../../../src/engine/graph/graph'
import { float32, type TensorData, toFloat32 } from '../../../src/engine/graph/tensor'
import { inferShapes } from '../../../src/engine/ops/infer'
import {
  createSession,
  disposeValues,
  initBackend,
  type LiveValue,
  logitsValue,
  memoryUse,
  tensors,
  toPlain,
} from '../../../src/engine/runtime'
import { numbers } from './support/op-cases'
import { batchOf, smallNetwork } from './support/small-network'

const numbersOf = (value: LiveValue): number[] => {
  const plain = toPlain(value)
  const result = Array.from(plain.dataSync())
  plain.dispose()
  return result
}

const node = (op: string, name: string, inputs: string[], attributes: object = {}): GraphNode => ({
  name,
  op,
  domain: '',
  inputs,
  outputs: [name],
  attributes: new Map(Object.entries(attributes)),
})

const graphOf = (
  nodes: GraphNode[],
  constants: [string, TensorData][],
  shape: (string | number)[],
  outputs: string[],
) =>
  inferShapes(
    new Graph({
      name: 'test',
      inputs: [{ name: 'x', dtype: 'float32', shape }],
      outputs: outputs.map((name) => ({ name, dtype: 'float32', shape: null })),
      nodes,
      constants: new Map(constants),
    }),
  )

describe('sessions', () => {
  beforeAll(async () => {
    await initBackend()
  })

  it('gives activations and gradients of many values from one pass', () => {
    const before = memoryUse()
    const session = createSession(smallNetwork(), { fuse: false })
    const taps = ['conv', 'pool', 'depthwise', 'logits']
    const v = numbers(5, 30)
    const result = session.backward(batchOf(1), {
      of: 'logits',
      seed: (value) => tensors.tensor(v, value.tensor.shape),
      taps,
      values: ['relu', 'conv'],
    })
    expect([...result.gradients.keys()]).toEqual(taps)
    expect([...result.values.keys()]).toEqual(['relu', 'conv'])
    expect(result.values.get('conv')?.layout).toBe('nhwc')
    expect(result.values.get('conv')?.tensor.shape).toEqual([6, 6, 6, 4])
    // The gradient at the result itself is the seed.
    numbersOf(result.gradients.get('logits') as LiveValue).forEach((value, i) => {
      expect(value).toBeCloseTo(v[i] as number, 6)
    })
    // A small change of a tapped value changes sum(v * logits) by gradient * change.
    const forward = session.forward(batchOf(1), ['depthwise'])
    const depthwise = forward.get('depthwise') as LiveValue
    const gradient = Array.from((result.gradients.get('depthwise') as LiveValue).tensor.dataSync())
    const base = Array.from(depthwise.tensor.dataSync())
    const objective = (values: number[]) => {
      const moved = tensors.tensor(values, depthwise.tensor.shape)
      const found = session.runFrom(new Map([['depthwise', { ...depthwise, tensor: moved }]]), ['logits'])
      const logits = numbersOf(found.get('logits') as LiveValue)
      disposeValues(found)
      moved.dispose()
      return logits.reduce((sum, value, i) => sum + value * (v[i] as number), 0)
    }
    const step = 1e-2
    for (const i of [3, 17, 40, 101]) {
      const [high, low] = [step, -step].map((h) => objective(base.map((value, k) => (k === i ? value + h : value))))
      expect(((high as number) - (low as number)) / (2 * step)).toBeCloseTo(gradient[i] as number, 2)
    }
    disposeValues(forward)
    disposeValues(result.of)
    disposeValues(result.values)
    disposeValues(result.gradients)
    session.dispose()
    expect(memoryUse()).toEqual(before)
  })

  it('differentiates before a terminal Softmax and gives zeros where nothing depends', () => {
    expect(logitsValue(smallNetwork('Softmax'))).toBe('logits')
    expect(logitsValue(smallNetwork())).toBe('logits')
    const session = createSession(smallNetwork('Softmax'), { fuse: false })
    const result = session.backward(batchOf(1), {
      of: 'pool',
      seed: (value) => tensors.ones(value.tensor.shape),
      taps: ['depthwise'],
    })
    expect(numbersOf(result.gradients.get('depthwise') as LiveValue).every((value) => value === 0)).toBe(true)
    disposeValues(result.of)
    disposeValues(result.gradients)
    session.dispose()
  })

  it('runs from cached values exactly as from the input', () => {
    const session = createSession(smallNetwork(), { fuse: false })
    const whole = session.forward(batchOf(2), ['pool', 'bn2', 'logits'])
    const given = new Map([['pool', whole.get('pool') as LiveValue]])
    const part = session.runFrom(given, ['bn2', 'logits'])
    for (const name of ['bn2', 'logits']) {
      expect(numbersOf(part.get(name) as LiveValue)).toEqual(numbersOf(whole.get(name) as LiveValue))
    }
    // In the other layout too.
    const pool = whole.get('pool') as LiveValue
    const turned = toPlain(pool)
    const other = session.runFrom(new Map([['pool', { tensor: turned, layout: 'plain' }]]), ['logits'])
    expect(numbersOf(other.get('logits') as LiveValue)).toEqual(numbersOf(whole.get('logits') as LiveValue))
    expect(() => session.runFrom(new Map(), ['logits'])).toThrow('"x" is needed and was not given')
    turned.dispose()
    for (const values of [whole, part, other]) disposeValues(values)
    session.dispose()
  })

  it('takes new numbers for a constant', async () => {
    const graph = smallNetwork()
    const weight = float32([4, 2, 3, 3], numbers(77, 72))
    const changed = graph.with({ constants: new Map(graph.constants).set('0.weight', weight) })
    const a = createSession(graph, { fuse: false })
    const b = createSession(changed, { fuse: false })
    a.setConstant('0.weight', weight)
    expect(await a.run(batchOf(1))).toEqual(await b.run(batchOf(1)))
    expect(() => a.setConstant('0.weight', float32([1], [0]))).toThrow('cannot take')
    expect(() => a.setConstant('nothing', weight)).toThrow('no constant "nothing"')
    a.dispose()
    b.dispose()
  })

  it('keeps tapped values reachable when it fuses, and names the others', () => {
    const session = createSession(smallNetwork(), { fuse: true, taps: ['bn'] })
    const found = session.forward(batchOf(1), ['bn', 'logits'])
    expect(found.size).toBe(2)
    disposeValues(found)
    expect(() => session.forward(batchOf(1), ['conv'])).toThrow('"conv" cannot be looked at')
    session.dispose()
  })

  it('keeps convolutions that share a filter apart from one another', async () => {
    const nodes = [
      node('Conv', 'a', ['x', 'w', 'b1']),
      node('Conv', 'b', ['x', 'w', 'b2']),
      node('Concat', 'y', ['a', 'b'], { axis: int(1) }),
    ]
    const constants: [string, TensorData][] = [
      ['w', float32([2, 1, 1, 1], [1, 2])],
      ['b1', float32([2], [10, 20])],
      ['b2', float32([2], [30, 40])],
    ]
    for (const fuse of [false, true]) {
      const session = createSession(graphOf(nodes, constants, ['batch', 1, 1, 1], ['y']), { fuse })
      const result = await session.run(new Map([['', { dims: [1, 1, 1, 1], data: Float32Array.of(1) }]]))
      expect(Array.from(result.get('y')?.data ?? [])).toEqual([11, 22, 31, 42])
      session.dispose()
    }
  })

  it('folds what it does to the weights of grouped and transposed convolutions', () => {
    const nodes = [
      node('Conv', 'a', ['x', 'w'], { group: int(2) }),
      node('ConvTranspose', 'y', ['a', 'v'], { strides: ints([2, 2]) }),
    ]
    const constants: [string, TensorData][] = [
      ['w', float32([4, 2, 1, 1], numbers(1, 8))],
      ['v', float32([4, 2, 2, 2], numbers(2, 32))],
    ]
    const session = createSession(graphOf(nodes, constants, ['batch', 4, 3, 3], ['y']), { fuse: true })
    const made = new Set(session.program.constants.map((constant) => constant.register))
    const onConstants = session.program.instructions.filter((i) => i.inputs.every((input) => made.has(input)))
    expect(onConstants).toEqual([])
    session.dispose()
  })

  it('goes between layouts only where the meaning needs it', () => {
    const nodes = [
      node('Conv', 'a', ['x', 'w']),
      node('Relu', 'b', ['a']),
      node('Transpose', 'c', ['b'], { perm: ints([0, 2, 3, 1]) }),
      node('Transpose', 'd', ['c'], { perm: ints([0, 3, 1, 2]) }),
      node('Add', 'y', ['d', 'b']),
    ]
    const graph = graphOf(nodes, [['w', float32([2, 2, 1, 1], numbers(1, 4))]], ['batch', 2, 3, 3], ['y'])
    const session = createSession(graph, { fuse: true })
    const transposes = session.program.instructions.filter((i) => i.op === 'Transpose')
    // In at the input, out at the output; the pair in between is gone.
    expect(transposes.length).toBe(2)
    expect(session.program.instructions.at(-1)?.op).toBe('Transpose')
    session.dispose()
  })

  it('says what does not fit, and leaves nothing behind', async () => {
    const session = createSession(smallNetwork(), { fuse: false })
    const before = memoryUse()
    const feed = new Map([['', { dims: [1, 3, 6, 6], data: new Float32Array(108) }]])
    await expect(session.run(feed)).rejects.toThrow('has shape [batch, 2, 6, 6], but the data has [1, 3, 6, 6]')
    expect(() => session.forward(new Map(), ['logits'])).toThrow('was given no data')
    expect(() => session.backward(batchOf(1), { of: 'logits', seed: () => tensors.ones([1]), taps: ['conv'] })).toThrow(
      'seed of a backward pass',
    )
    expect(memoryUse()).toEqual(before)
    session.dispose()
  })

  it('says that a network bound to a number of samples takes no other', async () => {
    const free = smallNetwork()
    const [input] = free.inputs
    const graph = inferShapes(free.with({ inputs: [{ ...(input as ValueInfo), shape: [4, 2, 6, 6] }] }))
    const session = createSession(graph, { fuse: false })
    const feed = new Map([['', { dims: [3, 2, 6, 6], data: new Float32Array(216) }]])
    await expect(session.run(feed)).rejects.toThrow('answers for 4 samples at once')
    session.dispose()
  })

  it('names the node and the operator that cannot be run', () => {
    const nodes = [node('Relu', 'a', ['x']), node('NonZero', 'strange', ['a'])]
    const graph = new Graph({
      name: 'strange',
      inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 2] }],
      outputs: [{ name: 'strange', dtype: 'float32', shape: ['batch', 2] }],
      nodes,
      constants: new Map(),
    })
    expect(() => createSession(graph, { fuse: false })).toThrow('The operator NonZero (node "strange") cannot be run')
  })

  it('computes logic, selection, casts and repeats', async () => {
    const nodes = [
      node('Greater', 'g', ['x', 'zero']),
      node('Not', 'n', ['g']),
      node('Less', 'l', ['x', 'one']),
      node('And', 'between', ['g', 'l']),
      node('Or', 'either', ['n', 'between']),
      node('Where', 'w', ['either', 'x', 'hundred']),
      node('Cast', 'c', ['between'], { to: int(1) }),
      node('Dropout', 'd', ['w']),
      node('Add', 'y', ['d', 'c']),
    ]
    const constants: [string, TensorData][] = [
      ['zero', float32([], [0])],
      ['one', float32([], [1])],
      ['hundred', float32([], [100])],
    ]
    const session = createSession(graphOf(nodes, constants, ['batch', 3], ['y']), { fuse: false })
    const result = await session.run(new Map([['x', { dims: [1, 3], data: Float32Array.of(-2, 0.5, 7) }]]))
    expect(Array.from(result.get('y')?.data ?? [])).toEqual([-2, 1.5, 100])
    session.dispose()
  })

  it('normalises groups of channels as written in ONNX', async () => {
    const nodes = [node('GroupNormalization', 'y', ['x', 'scale', 'bias'], { num_groups: int(2) })]
    const constants: [string, TensorData][] = [
      ['scale', float32([4], [1, 2, 3, 4])],
      ['bias', float32([4], [0, 0, 1, 1])],
    ]
    const session = createSession(graphOf(nodes, constants, ['batch', 4, 1, 2], ['y']), { fuse: false })
    const x = Float32Array.of(1, 2, 3, 4, -1, 0, 0, 1)
    const result = await session.run(new Map([['x', { dims: [1, 4, 1, 2], data: x }]]))
    const group = (values: number[]) => {
      const mean = values.reduce((a, b) => a + b) / 4
      const deviation = Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / 4 + 1e-5)
      return values.map((value) => (value - mean) / deviation)
    }
    const standard = [...group([1, 2, 3, 4]), ...group([-1, 0, 0, 1])]
    const scale = toFloat32(graphOf(nodes, constants, ['batch', 4, 1, 2], ['y']).constants.get('scale') as TensorData)
    const wanted = standard.map((value, i) => value * (scale[i >> 1] as number) + (i >= 4 ? 1 : 0))
    Array.from(result.get('y')?.data ?? []).forEach((value, i) => {
      expect(value).toBeCloseTo(wanted[i] as number, 5)
    })
    session.dispose()
  })
})
