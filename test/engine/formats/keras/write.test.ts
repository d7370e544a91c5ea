/** Keras archives that we write: read back, compared with what was written; and loaded by Keras where it is installed. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { type Graph, int, ints } from '../../../../src/engine/graph/graph'
import { float32, int64 } from '../../../../src/engine/graph/tensor'
import { buildCase, opCases } from '../../runtime/support/op-cases'
import { TestNetwork } from '../../support/network'
import { type Answer, answersOf, expectClose } from '../support/answers'
import { probe } from '../support/onnx-runtime'

const models = join(import.meta.dirname, '../../../models')

const open = (file: string) => readModel({ name: file, bytes: readFileSync(join(models, file)) })

const feedsOf = (graph: Graph): Answer[] =>
  graph.inputs.map((input) => {
    const dims = (input.shape ?? []).map((dim) => (typeof dim === 'number' ? dim : 2))
    const count = dims.reduce((a, b) => a * b, 1)
    const data = input.dtype === 'float32' ? probe(count) : Int32Array.from({ length: count }, (_, i) => (i * 7) % 11)
    return { dims, data }
  })

const written = async (graph: Graph): Promise<Uint8Array> =>
  (await writeModel(graph, 'keras', 'model'))[0]?.bytes as Uint8Array

async function roundTrip(graph: Graph, feeds: readonly Answer[]): Promise<Graph> {
  const { graph: read } = await readModel({ name: 'model.keras', bytes: await written(graph) })
  const wanted = [...(await answersOf(graph, feeds)).values()]
  const got = [...(await answersOf(read, feeds)).values()]
  wanted.forEach((each, i) => {
    expectClose(got[i], each, 1e-4)
  })
  return read
}

/** Networks that Keras can express, of what exporters and Keras itself wrote. */
const expressible = [
  'lenet.torchscript-17.onnx',
  'vgg.dynamo-20.onnx',
  'resnet.torchscript-17.onnx',
  'mobilenet-v2.torchscript-17.onnx',
  'mobilenet-v3.dynamo-20.onnx',
  'squeezenet.torchscript-17.onnx',
  'shufflenet.torchscript-17.onnx',
  'googlenet.torchscript-17.onnx',
  'keras/cnn.v3.keras',
  'keras/dense_output.v3.keras',
  'keras/sequential.v3.keras',
  'keras/nested.v3.keras',
  'keras/recurrent.v3.keras',
  'keras/attention.v3.keras',
]

/** Attention as PyTorch spells it: on [steps, samples, features], queries, keys and values packed, heads folded into the samples. */
function attention(): Graph {
  const network = new TestNetwork('attention', ['batch', 7, 6])
  const turned = (value: string, ...perm: number[]) => network.one('Transpose', [value], { perm: ints(perm) })
  const shaped = (value: string, ...dims: number[]) => network.one('Reshape', [value, network.sizes(dims)])
  const place = (i: number) => {
    network.constants.set(`place${i}`, int64([], [i]))
    return `place${i}`
  }
  const x = network.one('MatMul', ['x', network.weight([6, 16])])
  const steps = turned(x, 1, 0, 2)
  const packed = network.one('Add', [network.one('MatMul', [steps, network.weight([16, 48])]), network.weight([48])])
  const apart = network.one('Unsqueeze', [shaped(packed, 7, 0, 3, 16), network.sizes([0])])
  const parts = network.one('Squeeze', [turned(apart, 3, 1, 2, 0, 4), network.sizes([3])])
  const [q, k, v] = [0, 1, 2].map((i) => {
    const part = network.one('Gather', [parts, place(i)], { axis: int(0) })
    return shaped(turned(shaped(part, 7, -1, 4), 1, 0, 2), -1, 4, 7, 4)
  }) as [string, string, string]
  const keys = shaped(turned(shaped(k, -1, 7, 4), 0, 2, 1), -1, 4, 4, 7)
  const shares = network.one('Softmax', [network.one('MatMul', [q, keys])], { axis: int(-1) })
  const rows = shaped(turned(network.one('MatMul', [shares, v]), 2, 0, 1, 3), -1, 16)
  const back = shaped(network.dense(rows, 16, 16), 7, -1, 16)
  const normed = network.one(
    'LayerNormalization',
    [network.one('Add', [back, steps]), network.weight([16]), network.weight([16])],
    {
      axis: int(-1),
    },
  )
  const table = network.weight([7, 1, 16])
  const answer = turned(network.one('Add', [network.one('Relu', [normed]), table]), 1, 0, 2)
  return network.graph([network.dense(network.one('Flatten', [answer], { axis: int(1) }), 112, 3)])
}

/** The same as image networks spell it: turned to [3, samples, heads, steps, features] and cut. */
function unbound(): Graph {
  const network = new TestNetwork('unbound', ['batch', 7, 6])
  const packed = network.one('MatMul', ['x', network.weight([6, 48])])
  const apart = network.one('Reshape', [packed, network.sizes([0, 7, 3, 4, 4])])
  const parts = network.one('Transpose', [apart], { perm: ints([2, 0, 3, 1, 4]) })
  const [q, k, v] = [0, 1, 2].map((i) => {
    const bounds = [network.sizes([i]), network.sizes([i + 1]), network.sizes([0])]
    return network.one('Squeeze', [network.one('Slice', [parts, ...bounds]), network.sizes([0])])
  }) as [string, string, string]
  const scores = network.one('MatMul', [q, network.one('Transpose', [k], { perm: ints([0, 1, 3, 2]) })])
  const mixed = network.one('MatMul', [network.one('Softmax', [scores], { axis: int(-1) }), v])
  const back = network.one('Reshape', [
    network.one('Transpose', [mixed], { perm: ints([0, 2, 1, 3]) }),
    network.sizes([0, 112]),
  ])
  return network.graph([network.dense(back, 112, 3)])
}

/** A series of single numbers through what Keras says otherwise, under names as TensorFlow's exporter gives them. */
function series(): Graph {
  const network = new TestNetwork('series', ['batch', 8, 1])
  const recurrent = (op: string, x: string, features: number, activations: string[]) => {
    const gates = op === 'GRU' ? 3 : 4
    const first = network.one('Transpose', [x], { perm: ints([1, 0, 2]) })
    const weights = [network.weight([1, gates * 4, features]), network.weight([1, gates * 4, 4])]
    const y = network.one(op, [first, ...weights, network.weight([1, gates * 8])], {
      hidden_size: int(4),
      activations: { kind: 'strings', value: activations },
      activation_alpha: { kind: 'floats', value: [1 / 6] },
      activation_beta: { kind: 'floats', value: [0.5] },
    })
    const flat = network.one('Squeeze', [y, network.sizes([1])])
    return network.one('Transpose', [flat], { perm: ints([1, 0, 2]) })
  }
  const states = recurrent('GRU', 'x', 1, ['HardSigmoid', 'Relu'])
  const channels = network.one('Transpose', [states], { perm: ints([0, 2, 1]) })
  const wide = network.one('ConvTranspose', [channels, network.weight([4, 4, 3])], { pads: ints([1, 1]) })
  const normed = network.one('GroupNormalization', [wide, network.weight([4]), network.weight([4])], {
    num_groups: int(2),
  })
  const bent = network.one('Selu', [normed])
  const mean = network.one('ReduceMean', [bent], { axes: ints([2]), keepdims: int(0) })
  const step = network.one('Unsqueeze', [mean, network.sizes([1])])
  const repeated = network.one('Expand', [step, network.sizes([1, 3, 1])])
  const again = recurrent('LSTM', repeated, 4, ['HardSigmoid', 'Softsign', 'Softsign'])
  const made = network.graph([network.dense(network.one('Flatten', [again], { axis: int(1) }), 12, 2)])
  const named = (name: string) => (name === made.outputs[0]?.name ? 'Identity:0' : name)
  return made.with({
    nodes: made.nodes.map((node) => ({ ...node, name: `net/${node.name}:0`, outputs: node.outputs.map(named) })),
    outputs: made.outputs.map((output) => ({ ...output, name: 'Identity:0' })),
  })
}

/** What only operations of keras.ops compute, on pictures and beside tables. */
function operations(): Graph {
  const network = new TestNetwork('operations', ['batch', 3, 5, 5])
  const stored = (dims: number[], ...values: number[]) => {
    const name = `stored${network.constants.size}`
    network.constants.set(name, float32(dims, Float32Array.from(values)))
    return name
  }
  const root = network.one('Sqrt', [network.one('Abs', ['x'])])
  const bent = network.one('Pow', [root, stored([], 3)])
  const unit = network.one('Div', ['x', network.one('ReduceL2', ['x'], { axes: ints([1]), keepdims: int(1) })])
  const high = network.one('Greater', ['x', stored([], 0.1)])
  const kept = network.one('And', [high, network.one('Not', [network.one('Less', [bent, unit])])])
  const chosen = network.one('Where', [kept, bent, network.one('Neg', [unit])])
  const least = network.one('ReduceMin', ['x'], { axes: ints([3]), keepdims: int(1) })
  const above = network.one('Greater', ['x', least])
  const masked = network.one('Where', [above, chosen, stored([], Number.NEGATIVE_INFINITY)])
  const shares = network.one('Softmax', [masked], { axis: int(-1) })
  const scaled = network.one('Mul', [network.one('Add', [chosen, shares]), network.weight([3, 5, 1])])
  const bounded = network.one('Clip', [scaled, stored([], -0.5), stored([], 0.75)])
  const counted = network.one('Add', [bounded, network.one('Cast', [high], { to: int(1) })])
  const rows = network.one('ReduceMean', [counted], { axes: ints([2]), keepdims: int(0) })
  const stack = network.one('MatMul', [rows, network.weight([1, 5, 4])])
  const best = network.one('ArgMax', [stack], { axis: int(1), keepdims: int(1) })
  const last = network.one('Sub', [stack, network.one('Cast', [best], { to: int(1) })])
  const classes = network.one('Squeeze', [best, network.sizes([1])])
  network.constants.set('depth', int64([], [3]))
  const hot = network.one('OneHot', [classes, 'depth', stored([2], 0, 1)], { axis: int(-1) })
  network.constants.set('axis', int64([], [1]))
  return network.graph([network.one('Sin', [last]), network.one('CumSum', [hot, 'axis'])])
}

/** Channels that become pixels and back, features folded into the samples, samples behind features. */
function folded(): Graph {
  const network = new TestNetwork('folded', ['batch', 8, 4, 4])
  const normed = network.one('InstanceNormalization', ['x', network.weight([8]), network.weight([8])])
  const wide = network.one('DepthToSpace', [normed], { blocksize: int(2), mode: { kind: 'string', value: 'CRD' } })
  const back = network.one('SpaceToDepth', [network.one('Relu', [wide])], { blocksize: int(2) })
  const large = network.one('DepthToSpace', [back], { blocksize: int(2) })
  const rows = network.one('Reshape', [large, network.sizes([-1, 4])])
  const mixed = network.one('MatMul', [rows, network.weight([4, 3])])
  const samples = network.one('Reshape', [mixed, network.sizes([-1, 96])])
  const turned = network.one('Relu', [network.one('Transpose', [samples], { perm: ints([1, 0]) })])
  return network.graph([network.one('Transpose', [turned], { perm: ints([1, 0]) })])
}

/** Whether op cases become what they were, or are refused by name. */
async function writtenOrRefused(graph: Graph, feeds: readonly Answer[]): Promise<'written' | 'refused'> {
  try {
    await written(graph)
  } catch (error) {
    expect((error as { code: string }).code).toBe('EXPORT_FAILED')
    expect((error as Error).message).toMatch(/^Keras has no layer for .* "/)
    return 'refused'
  }
  await roundTrip(graph, feeds)
  return 'written'
}

const python = process.env.ESPALIER_KERAS_PYTHON

const outcomes: string[] = []

const plain = (name: string) => name.replaceAll(/[^A-Za-z0-9_-]/g, '_').replace(/^[_-]+/, '')

describe('Keras export', () => {
  it.each(expressible)('%s is the same network when it is read back', async (file) => {
    const { graph } = await open(file)
    const read = await roundTrip(graph, feedsOf(graph))
    expect(read.inputs.map(({ name }) => name)).toEqual(graph.inputs.map(({ name }) => plain(name)))
    expect(read.outputs.map(({ name }) => name)).toEqual(graph.outputs.map(({ name }) => plain(name)))
  })

  it.each(opCases.map((each) => [each.op, each.name, each] as const))(
    'writes %s (%s) as it was, or refuses it by name',
    async (_op, _name, opCase) => {
      const { graph, feed } = buildCase(opCase)
      const feeds = graph.inputs.map(({ name }) => (feed.get(name) ?? feed.get('')) as Answer)
      outcomes.push(await writtenOrRefused(graph, feeds))
    },
  )

  it('writes most of the operators that Keras has layers for', () => {
    expect(outcomes.filter((each) => each === 'written').length).toBeGreaterThan(70)
  })

  it.each([
    ['on steps', attention],
    ['cut out of a stack', unbound],
  ])('writes attention %s with its samples first', async (_how, make) => {
    const graph = make()
    await roundTrip(graph, feedsOf(graph))
  })

  it('writes series of single numbers, other activations, and names that TensorFlow may have in its layers', async () => {
    const graph = series()
    const read = await roundTrip(graph, feedsOf(graph))
    expect(read.outputs.map(({ name }) => name)).toEqual(['Identity_0'])
    expect(read.nodes.filter(({ name }) => name.includes(':'))).toEqual([])
  })

  it('writes operations of keras.ops where there is no layer', async () => {
    const graph = operations()
    const read = await roundTrip(graph, feedsOf(graph))
    expect(read.nodes.map(({ op }) => op)).toEqual(expect.arrayContaining(['Sqrt', 'Pow', 'Where', 'ArgMax', 'Sin']))
  })

  it('writes what folds features into the samples, moves these, or turns channels into pixels', async () => {
    const graph = folded()
    await roundTrip(graph, feedsOf(graph))
  })

  it('refuses what nothing in Keras computes', async () => {
    const network = new TestNetwork('sampled', ['batch', 2, 4, 4])
    const graph = network.graph([network.one('LpPool', ['x'], { kernel_shape: ints([2, 2]) })])
    await expect(written(graph)).rejects.toThrow(/^Keras has no layer for LpPool .*: nothing in Keras computes it/)
  })

  it('gives the same bytes for the same network', async () => {
    const { graph } = await open('resnet.torchscript-17.onnx')
    expect(await written(graph)).toEqual(await written(graph))
  })

  it.skipIf(python === undefined)(
    'loads in Keras and answers the same (set ESPALIER_KERAS_PYTHON to run)',
    { timeout: 300_000 },
    async () => {
      const folder = mkdtempSync(join(tmpdir(), 'espalier-keras-'))
      try {
        const answers = new Map<string, Answer[]>()
        const graphs: [string, Graph][] = [
          ['steps first', attention()],
          ['unbound', unbound()],
          ['series', series()],
          ['operations', operations()],
          ['folded', folded()],
        ]
        for (const file of expressible) graphs.push([file, (await open(file)).graph])
        for (const [file, graph] of graphs) {
          const name = file.replaceAll(/[^a-z0-9]/gi, '-')
          writeFileSync(join(folder, `${name}.keras`), await written(graph))
          const feeds = feedsOf(graph)
          writeFileSync(
            join(folder, `${name}.json`),
            JSON.stringify(feeds.map(({ dims, data }) => ({ dims, data: Array.from(data) }))),
          )
          answers.set(name, [...(await answersOf(graph, feeds)).values()])
        }
        execFileSync(python as string, [join(import.meta.dirname, 'predict.py'), folder], { stdio: 'pipe' })
        expect(readdirSync(folder).filter((each) => each.endsWith('.out'))).toHaveLength(graphs.length)
        for (const [name, wanted] of answers) {
          const got = JSON.parse(readFileSync(join(folder, `${name}.out`), 'utf8')) as Answer[]
          wanted.forEach((each, i) => {
            expectClose(got[i], each, 1e-4)
          })
        }
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    },
  )
})
