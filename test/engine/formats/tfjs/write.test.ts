/** Exported graph models, loaded by TensorFlow's own converter package and run on its cpu backend. */
import '@tensorflow/tfjs-backend-cpu'
import { loadGraphModel } from '@tensorflow/tfjs-converter'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeTfjs } from '../../../../src/engine/formats/tfjs'
import type { Graph } from '../../../../src/engine/graph/graph'
import { buildProgram, createSession, initBackend } from '../../../../src/engine/runtime'
import { buildCase, opCases } from '../../runtime/support/op-cases'
import { batchOf, smallNetwork } from '../../runtime/support/small-network'

type Feed = ReadonlyMap<string, { dims: readonly number[]; data: Float32Array }>

async function load(graph: Graph, fuse: boolean, inputLayout: 'nchw' | 'nhwc' = 'nchw') {
  const files = writeTfjs(buildProgram(graph, { fuse }), { inputLayout })
  const model = JSON.parse(new TextDecoder().decode(files[0]?.bytes))
  const weights = files.slice(1).flatMap((file) => [...file.bytes])
  return loadGraphModel(
    tf.io.fromMemory({
      modelTopology: model.modelTopology,
      weightSpecs: model.weightsManifest[0].weights,
      weightData: Uint8Array.from(weights).buffer,
      signature: model.signature,
      format: model.format,
    }),
  )
}

/** Runs the exported model on the cpu backend; one array an output, in the order of the graph's outputs. */
async function runExported(graph: Graph, feed: Feed, fuse: boolean, inputLayout?: 'nchw' | 'nhwc') {
  await tf.setBackend('cpu')
  try {
    const model = await load(graph, fuse, inputLayout)
    const tensors = graph.inputs.map((input) => {
      const array = (feed.get(input.name) ?? feed.get('')) as { dims: number[]; data: Float32Array }
      const plain = tf.tensor(array.data, array.dims)
      return inputLayout === 'nhwc' && plain.rank === 4 ? tf.transpose(plain, [0, 2, 3, 1]) : plain
    })
    const names = graph.outputs.map((output) => output.name)
    const result = model.execute(Object.fromEntries(tensors.map((t, i) => [graph.inputs[i]?.name as string, t])), names)
    const outputs = (Array.isArray(result) ? result : [result]) as tf.Tensor[]
    return outputs.map((output) => ({ dims: output.shape, data: output.dataSync() }))
  } finally {
    await tf.setBackend('wasm')
  }
}

async function expectSameAsOurs(graph: Graph, feed: Feed, fuse: boolean, inputLayout?: 'nchw' | 'nhwc') {
  const session = createSession(graph, { fuse: false })
  const wanted = [...(await session.run(feed)).values()]
  session.dispose()
  const got = await runExported(graph, feed, fuse, inputLayout)
  expect(got.length).toBe(wanted.length)
  wanted.forEach((expected, o) => {
    expect(got[o]?.dims).toEqual(expected.dims)
    const scale = Math.max(1e-3, ...Array.from(expected.data, Math.abs))
    expected.data.forEach((value, i) => {
      expect(Math.abs(((got[o]?.data[i] ?? Number.NaN) - value) / scale)).toBeLessThan(1e-4)
    })
  })
}

describe('TensorFlow.js export', () => {
  beforeAll(async () => {
    await initBackend()
  })

  it.each([true, false])('computes the same as the network it was made from (fused: %s)', async (fuse) => {
    await expectSameAsOurs(smallNetwork('Softmax'), batchOf(3), fuse)
  })

  it('takes images with channels last when asked to', async () => {
    await expectSameAsOurs(smallNetwork(), batchOf(4), true, 'nhwc')
  })

  // TF.js refuses convolutions that are both strided and dilated; see the next test.
  const ofOurOwn = /^(Scatter.*|RoiAlign|NonMaxSuppression)$/
  const runnable = opCases.filter(({ name, op }) => name !== 'dilated and strided' && !ofOurOwn.test(op))
  it.each(runnable.map((opCase) => [opCase.op, opCase.name, opCase] as const))('%s: %s', async (_op, _name, opCase) => {
    const { graph, feed } = buildCase(opCase)
    await expectSameAsOurs(graph, feed, true)
  })

  it('refuses by name what TensorFlow.js cannot run', () => {
    const opCase = opCases.find(({ name }) => name === 'dilated and strided')
    const { graph } = buildCase(opCase as (typeof opCases)[number])
    expect(() => writeTfjs(buildProgram(graph, { fuse: true }))).toThrow('both strided and dilated, as node "Conv"')
    const written = buildCase(opCases.find(({ op }) => op === 'ScatterND') as (typeof opCases)[number]).graph
    expect(() => writeTfjs(buildProgram(written, { fuse: true }))).toThrow('no form for ScatterRows (node "ScatterND")')
    const cut = buildCase(opCases.find(({ op }) => op === 'RoiAlign') as (typeof opCases)[number]).graph
    expect(() => writeTfjs(buildProgram(cut, { fuse: true }))).toThrow('no form for RoiAlign (node "RoiAlign")')
  })

  it('gives the same bytes for the same network', () => {
    const [a, b] = [1, 2].map(() => writeTfjs(buildProgram(smallNetwork(), { fuse: true })))
    expect(a).toEqual(b)
  })
})
