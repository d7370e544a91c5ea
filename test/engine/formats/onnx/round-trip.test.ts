/** What a file says about itself survives reading and writing. */
import { describe, expect, it } from 'vitest'
import { inEnglish } from '../../../../src/contract/sentences'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { float32 } from '../../../../src/engine/graph/tensor'
import { decodeModel, encodeModel, floats, node, type Plain, smallModel, value } from '../support/onnx-proto'

const described = (opset: number): Plain => {
  const plain = smallModel({
    opset,
    inputs: [value('image', ['n', 3])],
    outputs: [value('score', ['n', 2])],
    nodes: [
      {
        ...node('Gemm', ['image', 'weight', 'bias'], ['hidden'], { transB: { i: 1 }, alpha: { f: 0.5 } }),
        name: 'first',
        doc_string: 'a note',
      },
      { ...node('Softmax', ['hidden'], ['score'], { axis: { i: 1 } }), name: 'last' },
    ],
    weights: [floats('weight', [2, 3], [1, 2, 3, 4, 5, 6]), floats('bias', [2], [0, 1])],
    more: {
      producer_name: 'somebody',
      producer_version: '1.2',
      domain: 'org.example',
      model_version: 7,
      doc_string: 'ein Netz für Möwen',
      metadata_props: [
        { key: 'author', value: 'me' },
        { key: 'empty', value: '' },
      ],
    },
  })
  Object.assign(plain.graph as Plain, { doc_string: 'the graph', name: 'gulls' })
  return {
    ...plain,
    opset_import: [
      { domain: '', version: opset },
      { domain: 'com.example', version: 3 },
    ],
  }
}

const roundTrip = async (plain: Plain) => {
  const { graph } = await readModel({ name: 'm.onnx', bytes: encodeModel(plain) })
  const [file] = await writeModel(graph, 'onnx', 'copy')
  expect(file?.name).toBe('copy.onnx')
  return decodeModel(file?.bytes as Uint8Array)
}

describe('a round trip', () => {
  it('keeps producer, documentation, metadata, versions and names', async () => {
    const before = described(17)
    const after = await roundTrip(before)
    for (const field of [
      'producer_name',
      'producer_version',
      'domain',
      'model_version',
      'doc_string',
      'metadata_props',
      'opset_import',
      'ir_version',
    ]) {
      expect(after[field], field).toEqual(before[field])
    }
    const [graph, original] = [after.graph, before.graph] as [Plain, Plain]
    for (const field of ['name', 'doc_string', 'input', 'output']) expect(graph[field], field).toEqual(original[field])
    const nodes = graph.node as Plain[]
    expect(
      nodes.map(({ name, op_type, input, output, doc_string }) => ({ name, op_type, input, output, doc_string })),
    ).toEqual([
      { name: 'first', op_type: 'Gemm', input: ['image', 'weight', 'bias'], output: ['hidden'], doc_string: 'a note' },
      { name: 'last', op_type: 'Softmax', input: ['hidden'], output: ['score'], doc_string: undefined },
    ])
    expect(((nodes[0] as Plain).attribute as Plain[]).map(({ name, i, f }) => [name, i ?? f])).toEqual([
      ['transB', 1],
      ['alpha', 0.5],
    ])
  })

  it.each([
    [7, 17],
    [13, 17],
    [17, 17],
    [20, 20],
    [23, 23],
  ])('writes opset %i as %i', async (opset, expected) => {
    const after = await roundTrip(described(opset))
    expect(after.opset_import).toEqual([
      { domain: '', version: expected },
      { domain: 'com.example', version: 3 },
    ])
  })

  it('writes no numbers that nothing reads', async () => {
    const { graph } = await readModel({ name: 'm.onnx', bytes: encodeModel(described(17)) })
    const more = graph.with({ constants: new Map(graph.constants).set('left', float32([1], [3])) })
    const [file] = await writeModel(more, 'onnx', 'm')
    const written = (decodeModel(file?.bytes as Uint8Array).graph as Plain).initializer as Plain[]
    expect(written.map(({ name }) => name)).toEqual(['weight', 'bias'])
  })

  it('keeps an operator nobody knows, with everything around it, and says so', async () => {
    const bytes = encodeModel({
      ...smallModel({
        inputs: [value('x', ['batch', 3])],
        outputs: [value('y', ['batch', 3])],
        nodes: [
          node('Relu', ['x'], ['r']),
          { ...node('Mystery', ['r', ''], ['m'], { depth: { i: 3 }, names: { strings: [] } }), domain: 'com.example' },
          node('Neg', ['m'], ['y']),
        ],
      }),
    })
    const { graph, notes } = await readModel({ name: 'm.onnx', bytes })
    expect(notes.map(inEnglish)).toEqual([expect.stringContaining('com.example.Mystery ("Mystery_m") is not known')])
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Relu', 'Mystery', 'Neg'])
    const [file] = await writeModel(graph, 'onnx', 'm')
    const nodes = (decodeModel(file?.bytes as Uint8Array).graph as Plain).node as Plain[]
    expect(nodes[1]).toMatchObject({ op_type: 'Mystery', domain: 'com.example', input: ['r', ''], output: ['m'] })
  })

  it('writes out functions where they are called', async () => {
    const body = {
      name: 'Scaled',
      domain: 'local',
      input: ['a'],
      output: ['b'],
      attribute: ['slope'],
      node: [
        { ...node('LeakyRelu', ['a'], ['t']), attribute: [{ name: 'alpha', ref_attr_name: 'slope', type: 1 }] },
        node('Neg', ['t'], ['b']),
      ],
      opset_import: [{ domain: '', version: 17 }],
    }
    const call = (from: string, to: string, slope: number) => ({
      ...node('Scaled', [from], [to], { slope: { f: slope } }),
      domain: 'local',
    })
    const bytes = encodeModel({
      ...smallModel({
        inputs: [value('x', ['batch', 3])],
        outputs: [value('z', ['batch', 3])],
        nodes: [call('x', 'y', 0.25), call('y', 'z', 0.5)],
      }),
      functions: [body],
    })
    const { graph } = await readModel({ name: 'f.onnx', bytes })
    expect(graph.nodes.map(({ op, attributes }) => [op, attributes.get('alpha')?.value])).toEqual([
      ['LeakyRelu', 0.25],
      ['Neg', undefined],
      ['LeakyRelu', 0.5],
      ['Neg', undefined],
    ])
    expect(graph.outputs[0]?.name).toBe('z')
  })

  it('refuses to write a format there is no writer for', async () => {
    const { graph } = await readModel({ name: 'm.onnx', bytes: encodeModel(described(17)) })
    await expect(writeModel(graph, 'caffe', 'm')).rejects.toMatchObject({ code: 'NOT_BUILT_YET' })
  })
})
