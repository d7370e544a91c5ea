/** Networks as scikit-learn's converter writes them: labels before scores, maps, names of classes. */
import { InferenceSession, Tensor } from 'onnxruntime-node'
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { encodeModel, floats, integers, node, type Plain, smallModel, value } from '../support/onnx-proto'

const texts = (name: string, values: string[]): Plain => ({
  name,
  dims: [values.length],
  data_type: 8,
  string_data: values.map((text) => new TextEncoder().encode(text)),
})

const ml = (op: string, inputs: string[], outputs: string[], attributes: Record<string, Plain> = {}): Plain => ({
  ...node(op, inputs, outputs, attributes),
  domain: 'ai.onnx.ml',
})

/** sequence(map(int64, tensor(float))) is only noticed: any bytes will do. */
const mapType = { sequence_type: new Uint8Array([]) }

const classifier = (classes: Plain, label: number, mapped: boolean) =>
  encodeModel({
    ...smallModel({
      inputs: [value('x', ['batch', 2])],
      outputs: [
        value('label', ['batch'], label),
        mapped ? { name: 'scores', type: mapType } : value('scores', ['batch', 3]),
      ],
      nodes: [
        node('MatMul', ['x', 'w'], ['hidden']),
        node('Relu', ['hidden'], ['active']),
        node('MatMul', ['active', 'v'], ['logits']),
        node('Softmax', ['logits'], ['probabilities'], { axis: { i: 1 } }),
        node('ArgMax', ['probabilities'], ['best'], { axis: { i: 1 } }),
        mapped
          ? ml('ZipMap', ['probabilities'], ['scores'], { classlabels_int64s: { ints: [3, 5, 9] } })
          : node('Identity', ['probabilities'], ['scores']),
        ml('ArrayFeatureExtractor', ['classes', 'best'], ['picked']),
        node('Reshape', ['picked', 'flat'], ['label']),
      ],
      weights: [
        floats('w', [2, 4], [1, -1, 0.5, 0.2, 0.3, 0.8, -0.6, 1]),
        floats('v', [4, 3], [1, -1, 0, 0.5, 0.5, -1, 1, 0, 0.2, -0.4, 0.3, 2]),
        integers('flat', [-1]),
        classes,
      ],
    }),
    opset_import: [
      { domain: '', version: 17 },
      { domain: 'ai.onnx.ml', version: 1 },
    ],
  })

const samples = new Tensor('float32', Float32Array.of(1, 2, -1, 0.5, 0.3, -2), [3, 2])

describe('a classifier of scikit-learn', () => {
  it('is measured by its scores, and answers in the order of its file', async () => {
    const file = classifier(integers('classes', [3, 5, 9]), 7, false)
    const { graph, notes } = await readModel({ name: 'classifier.onnx', bytes: file })
    expect(notes).toEqual([])
    expect(graph.outputs.map(({ name }) => name)).toEqual(['scores', 'label'])
    const [written] = await writeModel(graph, 'onnx', 'classifier')
    const sessions = await Promise.all(
      [file, written?.bytes as Uint8Array].map((bytes) => InferenceSession.create(bytes, { logSeverityLevel: 4 })),
    )
    expect(sessions.map(({ outputNames }) => outputNames)).toEqual([
      ['label', 'scores'],
      ['label', 'scores'],
    ])
    const [before, after] = await Promise.all(sessions.map((session) => session.run({ x: samples })))
    expect(after?.label?.data).toEqual(before?.label?.data)
    expect(after?.scores?.data).toEqual(before?.scores?.data)
  })

  it('answers with numbers instead of maps', async () => {
    const file = classifier(integers('classes', [3, 5, 9]), 7, true)
    const { graph, notes } = await readModel({ name: 'mapped.onnx', bytes: file })
    expect(notes.map(({ code }) => code)).toEqual(['model.map-as-numbers'])
    expect(graph.outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ['scores', ['batch', 3]],
      ['label', ['batch']],
    ])
  })

  it('loses names of classes, which are texts', async () => {
    const file = classifier(texts('classes', ['cat', 'dog', 'owl']), 8, true)
    const { graph, notes } = await readModel({ name: 'named.onnx', bytes: file })
    expect(notes.map(({ code }) => code)).toEqual(['model.map-as-numbers', 'model.texts-left-out'])
    expect(graph.outputs.map(({ name }) => name)).toEqual(['scores'])
    expect(graph.nodes.map(({ op }) => op)).toEqual(['MatMul', 'Relu', 'MatMul', 'Softmax'])
  })

  it('that answers with texts only is refused by name', async () => {
    const file = encodeModel({
      ...smallModel({
        inputs: [value('x', ['batch', 2])],
        outputs: [value('label', ['batch'], 8)],
        nodes: [
          node('ArgMax', ['x'], ['best'], { axis: { i: 1 } }),
          ml('ArrayFeatureExtractor', ['classes', 'best'], ['label']),
        ],
        weights: [texts('classes', ['cat', 'dog'])],
      }),
      opset_import: [
        { domain: '', version: 17 },
        { domain: 'ai.onnx.ml', version: 1 },
      ],
    })
    await expect(readModel({ name: 'texts.onnx', bytes: file })).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED_FEATURE',
      message: expect.stringContaining('answers with texts only ("label")'),
    })
  })
})
