/** TF.js layers models made, saved and answered by tfjs-layers itself, then read. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import * as tfl from '@tensorflow/tfjs-layers'
import { beforeAll, describe, expect, it } from 'vitest'
import { readModel } from '../../../../src/engine/formats'
import { answersOf, channelsFirst, expectClose } from '../support/answers'
import { probe } from '../support/onnx-runtime'

/** The files that `model.save` would lay down. */
async function filesOf(model: tfl.LayersModel): Promise<Map<string, Uint8Array>> {
  let saved: tf.io.ModelArtifacts | undefined
  await model.save(
    tf.io.withSaveHandler(async (artifacts) => {
      saved = artifacts
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } }
    }),
  )
  const { weightSpecs, weightData, modelTopology, ...rest } = saved as tf.io.ModelArtifacts
  const bytes = new Uint8Array(weightData as ArrayBuffer)
  const cut = Math.floor(bytes.length / 2 / 4) * 4 + 2
  const json = { ...rest, modelTopology, weightsManifest: [{ paths: ['a.bin', 'b.bin'], weights: weightSpecs }] }
  return new Map([
    ['model.json', new TextEncoder().encode(JSON.stringify(json))],
    ['a.bin', bytes.slice(0, cut)],
    ['b.bin', bytes.slice(cut)],
  ])
}

/** Weights that repeat nowhere, variances positive. */
function shake(model: tfl.LayersModel): void {
  for (const layer of model.layers) {
    const names = layer.weights.map((weight) => weight.originalName)
    layer.setWeights(
      layer.getWeights().map((weight, i) => {
        const values = probe(weight.size).map((value) =>
          /variance/.test(names[i] as string) ? Math.abs(value) + 0.5 : value * 0.2,
        )
        return tf.tensor(values, weight.shape)
      }),
    )
  }
}

async function compare(model: tfl.LayersModel, fed: tf.Tensor) {
  shake(model)
  const predicted = model.predict(fed)
  const wanted = Array.isArray(predicted) ? predicted : [predicted]
  const files = await filesOf(model)
  const read = await readModel(
    { name: 'model.json', bytes: files.get('model.json') as Uint8Array },
    async (name) => files.get(name) as Uint8Array,
  )
  const plain = { dims: fed.shape, data: fed.dataSync() }
  const got = [...(await answersOf(read.graph, [fed.shape.length === 4 ? channelsFirst(plain) : plain])).values()]
  wanted.forEach((each, i) => {
    expectClose(got[i], { dims: each.shape, data: each.dataSync() })
  })
  return read
}

const layers = tfl.layers

describe('TensorFlow.js layers models', () => {
  beforeAll(async () => {
    await tf.setBackend('cpu')
  })

  it('reads a sequential network with a flatten between its convolutions and dense layers', async () => {
    const model = tfl.sequential({
      layers: [
        layers.conv2d({
          inputShape: [8, 7, 2],
          filters: 4,
          kernelSize: 3,
          padding: 'same',
          activation: 'relu',
          name: 'c1',
        }),
        layers.batchNormalization({ name: 'bn' }),
        layers.maxPooling2d({ poolSize: 2, name: 'pool' }),
        layers.flatten({ name: 'flat' }),
        layers.dense({ units: 5, activation: 'hardSigmoid', name: 'fc' }),
        layers.dense({ units: 3, activation: 'softmax', name: 'prob' }),
      ],
    })
    const { graph, format } = await compare(model, tf.tensor(probe(2 * 8 * 7 * 2), [2, 8, 7, 2]))
    expect(format).toBe('tfjs')
    expect(graph.inputs[0]?.shape).toEqual(['batch', 2, 8, 7])
    expect(graph.outputs.map((output) => output.name)).toEqual(['prob'])
    expect(graph.nodes.map((node) => node.name)).toEqual(expect.arrayContaining(['c1', 'bn', 'pool', 'flat', 'fc']))
    expect([...graph.constants.keys()]).toEqual(expect.arrayContaining(['c1/kernel', 'c1/bias', 'fc/kernel']))
  })

  it('reads branches, depthwise and separable convolutions, and several outputs', async () => {
    const input = tfl.input({ shape: [6, 6, 3], name: 'image' })
    const a = layers
      .depthwiseConv2d({ kernelSize: 3, padding: 'same', depthMultiplier: 2, name: 'dw' })
      .apply(input) as tfl.SymbolicTensor
    const b = layers
      .separableConv2d({ filters: 6, kernelSize: 3, padding: 'same', name: 'sep' })
      .apply(input) as tfl.SymbolicTensor
    const sum = layers.add({ name: 'sum' }).apply([a, b]) as tfl.SymbolicTensor
    const joined = layers.concatenate({ name: 'cat' }).apply([sum, input]) as tfl.SymbolicTensor
    const up = layers
      .conv2dTranspose({ filters: 2, kernelSize: 3, strides: 2, padding: 'same', name: 'up' })
      .apply(joined) as tfl.SymbolicTensor
    const mean = layers.globalAveragePooling2d({ name: 'mean' }).apply(joined) as tfl.SymbolicTensor
    const model = tfl.model({ inputs: input, outputs: [mean, up], name: 'branches' })
    const { graph } = await compare(model, tf.tensor(probe(2 * 6 * 6 * 3), [2, 6, 6, 3]))
    expect(graph.name).toBe('branches')
    expect(graph.outputs.map((output) => output.name)).toEqual(['mean', 'up'])
  })

  it('reads recurrent networks in both directions', async () => {
    const model = tfl.sequential({
      layers: [
        layers.inputLayer({ inputShape: [5, 4], name: 'steps' }),
        layers.bidirectional({
          layer: layers.lstm({
            units: 3,
            returnSequences: true,
            recurrentActivation: 'sigmoid',
            recurrentInitializer: 'zeros',
          }) as tfl.RNN,
          mergeMode: 'concat',
          name: 'both',
        }),
        layers.gru({
          units: 4,
          recurrentActivation: 'sigmoid',
          recurrentInitializer: 'zeros',
          name: 'gru',
          // tfjs-layers reads it, its types do not know it.
          ...{ resetAfter: false },
        }),
        layers.dense({ units: 2, name: 'out' }),
      ],
    })
    await compare(model, tf.tensor(probe(2 * 5 * 4), [2, 5, 4]))
  })

  it('finds what a Normalization has seen, which no name of a layer stands before', async () => {
    const layers = [
      { class_name: 'InputLayer', config: { name: 'in', batch_input_shape: [null, 3] } },
      { class_name: 'Normalization', config: { name: 'normal', axis: [-1], mean: null, variance: null } },
      { class_name: 'Dense', config: { name: 'dense', units: 2, use_bias: false, activation: 'linear' } },
    ]
    const weights = [
      { name: 'dense/kernel', shape: [3, 2], values: [1, 0, 0, 1, 1, -1] },
      { name: 'mean', shape: [3], values: [1, 2, 3] },
      { name: 'variance', shape: [3], values: [1, 4, 0.25] },
    ]
    const specs = weights.map(({ name, shape }) => ({ name, shape, dtype: 'float32' }))
    const json = {
      modelTopology: { model_config: { class_name: 'Sequential', config: { name: 'small', layers } } },
      weightsManifest: [{ paths: ['a.bin'], weights: specs }],
    }
    const { graph } = await readModel(
      { name: 'model.json', bytes: new TextEncoder().encode(JSON.stringify(json)) },
      async () => new Uint8Array(Float32Array.from(weights.flatMap(({ values }) => values)).buffer),
    )
    const fed = { dims: [1, 3], data: Float32Array.of(2, 6, 4) }
    const [got] = (await answersOf(graph, [fed])).values()
    // (2 - 1) / 1, (6 - 2) / 2, (4 - 3) / 0.5
    expectClose(got, { dims: [1, 2], data: Float32Array.of(1 + 2, 2 - 2) })
  })
})
