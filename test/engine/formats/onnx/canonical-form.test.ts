/** Old and new spellings of operators become one canonical form that computes the same; ONNX Runtime is the judge. */
import { describe, expect, it } from 'vitest'
import { inEnglish } from '../../../../src/contract/sentences'
import { readModel, writeModel } from '../../../../src/engine/formats'
import {
  encodeModel,
  floats,
  integers,
  node,
  type Plain,
  type SmallModel,
  smallModel,
  value,
} from '../support/onnx-proto'
import { runOnnx } from '../support/onnx-runtime'

interface Case extends Partial<SmallModel> {
  readonly name: string
  /** Operators of the canonical graph, in order. */
  readonly expected: readonly string[]
  readonly input?: readonly (number | string)[]
  /** Shape of the output as the file declares it. */
  readonly output?: readonly (number | string)[]
  /** Attributes the first node must have. */
  readonly attributes?: Record<string, unknown>
}

const x4 = ['batch', 4, 6, 6]
const seq = (count: number, from = 0.1, step = 0.3) =>
  Array.from({ length: count }, (_, i) => from + Math.sin(i) * step)

const cases: Case[] = [
  {
    name: 'Clip with attributes (opset 9)',
    opset: 9,
    nodes: [node('Clip', ['x'], ['y'], { min: { f: -0.5 }, max: { f: 1 } })],
    expected: ['Clip'],
    attributes: {},
  },
  {
    name: 'Clip with bounds behind Constant and Cast',
    nodes: [
      node('Constant', [], ['low'], { value_float: { f: -1 } }),
      node('Constant', [], ['high64'], { value: { t: { dims: [], data_type: 11, double_data: [0.75] } } }),
      node('Cast', ['high64'], ['high'], { to: { i: 1 } }),
      node('Clip', ['x', 'low', 'high'], ['y']),
    ],
    expected: ['Clip'],
  },
  {
    name: 'a ReverseSequence of whole sequences, for however many samples',
    nodes: [
      node('Transpose', ['x'], ['steps'], { perm: { ints: [2, 0, 1, 3] } }),
      node('Shape', ['steps'], ['shape']),
      node('Gather', ['shape', 'zero'], ['extent']),
      node('Gather', ['shape', 'one'], ['samples']),
      node('Expand', ['extent', 'samples'], ['lengths']),
      node('ReverseSequence', ['steps', 'lengths'], ['turned'], { time_axis: { i: 0 }, batch_axis: { i: 1 } }),
      node('Transpose', ['turned'], ['y'], { perm: { ints: [1, 2, 0, 3] } }),
    ],
    weights: [integers('zero', [0]), integers('one', [1])],
    expected: ['Transpose', 'Slice', 'Transpose'],
  },
  {
    name: 'a mean of features that is written as GlobalAveragePool',
    nodes: [node('GlobalAveragePool', ['x'], ['y'])],
    input: ['batch', 5, 8],
    output: ['batch', 5, 1],
    expected: ['ReduceMean'],
  },
  {
    name: 'repeats that OneHot puts in their place',
    nodes: [
      node('OneHot', ['place', 'rank', 'values'], ['repeats']),
      node('Reshape', ['repeats', 'flat'], ['flatRepeats']),
      node('Tile', ['x', 'flatRepeats'], ['y']),
    ],
    weights: [integers('place', [-3]), integers('rank', [4], []), integers('values', [1, 3]), integers('flat', [-1])],
    output: ['batch', 12, 6, 6],
    expected: ['Tile'],
  },
  {
    name: 'a flat value read again at places that count on (as_strided of torch.export)',
    nodes: [
      node('Shape', ['x'], ['extents'], { start: { i: 0 }, end: { i: 1 } }),
      node('Squeeze', ['extents'], ['n']),
      node('Range', ['zero', 'n', 'one'], ['samples']),
      node('Mul', ['samples', 'width'], ['starts']),
      node('Unsqueeze', ['starts', 'behind'], ['wide']),
      node('Add', ['wide', 'channels'], ['at']),
      node('Add', ['at', 'pixel'], ['places']),
      node('Reshape', ['x', 'flat'], ['all']),
      node('Gather', ['all', 'places'], ['y']),
    ],
    weights: [
      integers('zero', [0], []),
      integers('one', [1], []),
      integers('width', [4], []),
      integers('behind', [1, 2, 3]),
      integers('channels', [0, 1, 2, 3], [1, 4, 1, 1]),
      integers('pixel', [0], [1, 1, 1, 1]),
      integers('flat', [-1]),
    ],
    input: ['batch', 4, 1, 1],
    output: ['batch', 4, 1, 1],
    expected: ['Reshape'],
  },
  {
    name: 'a mask that is stretched over an open batch only to meet a value of that batch',
    nodes: [
      node('Shape', ['x'], ['extents']),
      node('ConstantOfShape', ['extents'], ['zeros']),
      node('Greater', ['x', 'bound'], ['high']),
      node('Where', ['high', 'low', 'zeros'], ['y']),
    ],
    weights: [floats('bound', [], [0]), floats('low', [], [-1000])],
    input: ['batch', 4],
    output: ['batch', 4],
    expected: ['Greater', 'Where'],
  },
  {
    name: 'Dropout (opset 7)',
    opset: 7,
    nodes: [node('Dropout', ['x'], ['d']), node('Relu', ['d'], ['y'])],
    expected: ['Relu'],
  },
  {
    name: 'Dropout with ratio and training mode false (opset 13)',
    opset: 13,
    nodes: [node('Dropout', ['x', 'ratio', 'training'], ['y', 'mask'])],
    weights: [floats('ratio', [], [0.4]), { name: 'training', dims: [], data_type: 9, int32_data: [0] }],
    expected: ['Identity'],
  },
  {
    name: 'a chain of Identity',
    nodes: [
      node('Identity', ['x'], ['a']),
      node('Identity', ['a'], ['b']),
      node('Neg', ['b'], ['n']),
      node('Identity', ['n'], ['y']),
    ],
    expected: ['Neg'],
  },
  {
    name: 'BatchNormalization with spatial and momentum (opset 8)',
    opset: 8,
    nodes: [
      node('BatchNormalization', ['x', 's', 'b', 'm', 'v'], ['y'], {
        spatial: { i: 1 },
        momentum: { f: 0.8 },
        epsilon: { f: 0.01 },
      }),
    ],
    weights: [
      floats('s', [4], [1, 2, 0.5, -1]),
      floats('b', [4], [0, 1, 0, 2]),
      floats('m', [4], [0.1, 0, -0.2, 0]),
      floats('v', [4], [1, 0.5, 2, 1]),
    ],
    expected: ['BatchNormalization'],
  },
  {
    name: 'Upsample with attributes (opset 8)',
    opset: 8,
    nodes: [node('Upsample', ['x'], ['y'], { mode: { s: 'nearest' }, scales: { floats: [1, 1, 2, 2] } })],
    output: ['batch', 4, 12, 12],
    expected: ['Resize'],
  },
  {
    name: 'Upsample linear with an input (opset 9)',
    opset: 9,
    nodes: [node('Upsample', ['x', 'scales'], ['y'], { mode: { s: 'linear' } })],
    weights: [floats('scales', [4], [1, 1, 1.5, 2])],
    output: ['batch', 4, 9, 12],
    expected: ['Resize'],
  },
  {
    name: 'Resize (opset 10)',
    opset: 10,
    nodes: [node('Resize', ['x', 'scales'], ['y'], { mode: { s: 'nearest' } })],
    weights: [floats('scales', [4], [1, 1, 2, 3])],
    output: ['batch', 4, 12, 18],
    expected: ['Resize'],
  },
  {
    name: 'Resize with empty roi and scales (opset 11)',
    opset: 11,
    nodes: [
      node('Resize', ['x', 'roi', 'none', 'sizes'], ['y'], {
        mode: { s: 'linear' },
        coordinate_transformation_mode: { s: 'align_corners' },
      }),
    ],
    weights: [floats('roi', [0], []), floats('none', [0], []), integers('sizes', [2, 4, 9, 9])],
    input: [2, 4, 6, 6],
    output: [2, 4, 9, 9],
    expected: ['Resize'],
  },
  {
    name: 'Resize along named axes (opset 18)',
    opset: 18,
    nodes: [node('Resize', ['x', '', '', 'sizes'], ['y'], { mode: { s: 'linear' }, axes: { ints: [2, 3] } })],
    weights: [integers('sizes', [12, 3])],
    output: ['batch', 4, 12, 3],
    expected: ['Resize'],
  },
  {
    name: 'Pad with attributes (opset 9)',
    opset: 9,
    nodes: [node('Pad', ['x'], ['y'], { pads: { ints: [0, 0, 1, 2, 0, 0, 0, 1] }, value: { f: 0.5 } })],
    output: ['batch', 4, 7, 9],
    expected: ['Pad'],
  },
  {
    name: 'Pad along named axes (opset 18)',
    opset: 18,
    nodes: [node('Pad', ['x', 'pads', '', 'axes'], ['y'], { mode: { s: 'reflect' } })],
    weights: [integers('pads', [1, 2, 0, 1]), integers('axes', [-1, 2])],
    output: ['batch', 4, 9, 7],
    expected: ['Pad'],
  },
  {
    name: 'Slice with attributes (opset 9)',
    opset: 9,
    nodes: [
      node('Slice', ['x'], ['y'], {
        starts: { ints: [1, 0] },
        ends: { ints: [{ low: -1, high: 0x7fffffff, unsigned: false }, -1] },
        axes: { ints: [1, 3] },
      }),
    ],
    output: ['batch', 3, 6, 5],
    expected: ['Slice'],
  },
  {
    name: 'Squeeze and Unsqueeze with attributes (opset 11)',
    opset: 11,
    nodes: [
      node('ReduceMean', ['x'], ['r'], { axes: { ints: [2] } }),
      node('Squeeze', ['r'], ['s'], { axes: { ints: [2] } }),
      node('Unsqueeze', ['s'], ['y'], { axes: { ints: [1, 4] } }),
    ],
    output: ['batch', 1, 4, 6, 1],
    expected: ['ReduceMean', 'Squeeze', 'Unsqueeze'],
  },
  {
    name: 'ReduceMean and ReduceMax with axes as input (opset 18)',
    opset: 18,
    nodes: [node('ReduceMean', ['x', 'axes'], ['r'], { keepdims: { i: 0 } }), node('ReduceMax', ['r', 'last'], ['y'])],
    weights: [integers('axes', [-1, 2]), integers('last', [1])],
    output: ['batch', 1],
    expected: ['ReduceMean', 'ReduceMax'],
    attributes: { axes: [-1, 2], keepdims: 0 },
  },
  {
    name: 'ReduceSum with attributes (opset 11)',
    opset: 11,
    nodes: [node('ReduceSum', ['x'], ['y'], { axes: { ints: [1, 3] }, keepdims: { i: 0 } })],
    output: ['batch', 6],
    expected: ['ReduceSum'],
  },
  {
    name: 'a reduction over no axes that does nothing (opset 18)',
    opset: 18,
    nodes: [node('ReduceMean', ['x'], ['r'], { noop_with_empty_axes: { i: 1 } }), node('Relu', ['r'], ['y'])],
    expected: ['Relu'],
  },
  {
    name: 'Split with attribute (opset 11)',
    opset: 11,
    nodes: [
      node('Split', ['x'], ['a', 'b'], { axis: { i: 1 }, split: { ints: [1, 3] } }),
      node('Concat', ['b', 'a'], ['y'], { axis: { i: 1 } }),
    ],
    expected: ['Split', 'Concat'],
  },
  {
    name: 'Split into equal parts without sizes (opset 13)',
    opset: 13,
    nodes: [
      node('Split', ['x'], ['a', 'b'], { axis: { i: -3 } }),
      node('Concat', ['b', 'a'], ['y'], { axis: { i: 1 } }),
    ],
    expected: ['Split', 'Concat'],
  },
  {
    name: 'Split with num_outputs that do not divide (opset 18)',
    opset: 18,
    nodes: [
      node('Split', ['x'], ['a', 'b', 'c'], { axis: { i: 3 }, num_outputs: { i: 3 } }),
      node('Concat', ['c', 'b', 'a'], ['y'], { axis: { i: 3 } }),
    ],
    input: ['batch', 4, 6, 8],
    output: ['batch', 4, 6, 8],
    expected: ['Split', 'Concat'],
  },
  {
    name: 'Softmax over the last axis (opset 11)',
    opset: 11,
    nodes: [node('Softmax', ['x'], ['y'], { axis: { i: 3 } })],
    expected: ['Softmax'],
    attributes: { axis: 3 },
  },
  {
    name: 'Softmax flattened behind the default axis (opset 11)',
    opset: 11,
    nodes: [node('Softmax', ['x'], ['y'])],
    expected: ['Flatten', 'Softmax', 'Reshape'],
  },
  {
    name: 'LogSoftmax flattened behind axis 2 (opset 12)',
    opset: 12,
    nodes: [node('LogSoftmax', ['x'], ['y'], { axis: { i: 2 } })],
    expected: ['Flatten', 'LogSoftmax', 'Reshape'],
  },
  {
    name: 'Softmax with only one axis of extent (opset 11)',
    opset: 11,
    input: ['batch', 4, 1, 1],
    output: ['batch', 4, 1, 1],
    nodes: [node('Softmax', ['x'], ['y'])],
    expected: ['Softmax'],
    attributes: { axis: 1 },
  },
  {
    name: 'Conv with auto_pad and no kernel_shape',
    nodes: [node('Conv', ['x', 'w'], ['y'], { auto_pad: { s: 'SAME_UPPER' }, strides: { ints: [2, 2] } })],
    weights: [floats('w', [3, 4, 3, 3], seq(108))],
    output: ['batch', 3, 3, 3],
    expected: ['Conv'],
    attributes: { strides: [2, 2], kernel_shape: [3, 3], pads: [0, 0, 1, 1] },
  },
  {
    name: 'MaxPool with auto_pad SAME_LOWER',
    nodes: [
      node('MaxPool', ['x'], ['y'], {
        auto_pad: { s: 'SAME_LOWER' },
        kernel_shape: { ints: [2, 2] },
        strides: { ints: [1, 1] },
      }),
    ],
    expected: ['MaxPool'],
    attributes: { kernel_shape: [2, 2], strides: [1, 1], pads: [1, 1, 0, 0] },
  },
  {
    name: 'AveragePool with auto_pad VALID',
    nodes: [node('AveragePool', ['x'], ['y'], { auto_pad: { s: 'VALID' }, kernel_shape: { ints: [2, 2] } })],
    output: ['batch', 4, 5, 5],
    expected: ['AveragePool'],
    attributes: { kernel_shape: [2, 2], pads: [0, 0, 0, 0] },
  },
  {
    name: 'ConvTranspose with auto_pad SAME_UPPER',
    nodes: [node('ConvTranspose', ['x', 'w'], ['y'], { auto_pad: { s: 'SAME_UPPER' }, strides: { ints: [2, 2] } })],
    weights: [floats('w', [4, 3, 3, 3], seq(108))],
    output: ['batch', 3, 12, 12],
    expected: ['ConvTranspose'],
    attributes: { strides: [2, 2], pads: [0, 0, 1, 1] },
  },
  {
    name: 'ConvTranspose with auto_pad SAME_LOWER',
    nodes: [node('ConvTranspose', ['x', 'w'], ['y'], { auto_pad: { s: 'SAME_LOWER' }, strides: { ints: [2, 2] } })],
    weights: [floats('w', [4, 3, 3, 3], seq(108))],
    output: ['batch', 3, 12, 12],
    expected: ['ConvTranspose'],
    attributes: { strides: [2, 2], pads: [1, 1, 0, 0] },
  },
  {
    name: 'ConvTranspose with the size of its result',
    nodes: [node('ConvTranspose', ['x', 'w'], ['y'], { output_shape: { ints: [12, 11] }, strides: { ints: [2, 2] } })],
    weights: [floats('w', [4, 3, 3, 3], seq(108))],
    output: ['batch', 3, 12, 11],
    expected: ['ConvTranspose'],
    attributes: { strides: [2, 2], pads: [1, 1, 0, 1] },
  },
  {
    name: 'a weight behind Transpose, Reshape, Mul and Cast',
    input: ['batch', 4],
    output: ['batch', 3],
    nodes: [
      node('Cast', ['w64'], ['w32'], { to: { i: 1 } }),
      node('Reshape', ['w32', 'shape'], ['square']),
      node('Transpose', ['square'], ['turned'], { perm: { ints: [1, 0] } }),
      node('Mul', ['turned', 'scale'], ['w']),
      node('MatMul', ['x', 'w'], ['y']),
    ],
    weights: [
      { name: 'w64', dims: [12], data_type: 11, double_data: seq(12) },
      integers('shape', [3, -1]),
      floats('scale', [3], [1, 2, 3]),
    ],
    expected: ['MatMul'],
  },
  {
    name: 'a flatten by shape arithmetic',
    nodes: [
      node('Shape', ['x'], ['shape']),
      node('Gather', ['shape', 'zero'], ['first'], { axis: { i: 0 } }),
      node('Unsqueeze', ['first', 'axes'], ['one']),
      node('Concat', ['one', 'rest'], ['target'], { axis: { i: 0 } }),
      node('Reshape', ['x', 'target'], ['y']),
    ],
    weights: [integers('zero', [0], []), integers('axes', [0]), integers('rest', [-1])],
    output: ['batch', 144],
    expected: ['Reshape'],
  },
  {
    name: 'a channel shuffle by shape arithmetic',
    nodes: [
      node('Shape', ['x'], ['shape']),
      node('Gather', ['shape', 'one'], ['channels']),
      node('Div', ['channels', 'two'], ['half']),
      node('Unsqueeze', ['half', 'zero'], ['halves']),
      node('Slice', ['shape', 'zero', 'first'], ['batch_size']),
      node('Slice', ['shape', 'second', 'fourth'], ['space']),
      node('Concat', ['batch_size', 'pair', 'halves', 'space'], ['target'], { axis: { i: 0 } }),
      node('Reshape', ['x', 'target'], ['split']),
      node('Transpose', ['split'], ['turned'], { perm: { ints: [0, 2, 1, 3, 4] } }),
      node('Reshape', ['turned', 'shape'], ['y']),
    ],
    weights: [
      integers('one', [1], []),
      integers('two', [2], []),
      integers('zero', [0]),
      integers('first', [1]),
      integers('second', [2]),
      integers('fourth', [4]),
      integers('pair', [2]),
    ],
    expected: ['Gather'],
  },
  {
    name: 'an Expand to the own shape, and constants of shape',
    nodes: [
      node('Shape', ['x'], ['shape']),
      node('Expand', ['x', 'shape'], ['same']),
      node('ConstantOfShape', ['four'], ['filled'], { value: { t: floats('', [1], [2.5]) } }),
      node('Add', ['same', 'filled'], ['y']),
    ],
    weights: [integers('four', [4, 1, 1])],
    expected: ['Add'],
  },
  {
    name: 'Range, Tile, Where and Squeeze on constants',
    input: ['batch', 4],
    output: ['batch', 4],
    nodes: [
      node('Range', ['from', 'to', 'step'], ['range']),
      node('Tile', ['range', 'twice'], ['tiled']),
      node('Greater', ['tiled', 'from'], ['large']),
      node('Where', ['large', 'tiled', 'step'], ['chosen']),
      node('Add', ['x', 'chosen'], ['y']),
    ],
    weights: [floats('from', [], [-1]), floats('to', [], [1]), floats('step', [], [1]), integers('twice', [2])],
    expected: ['Add'],
  },
  {
    name: 'CastLike to the type a value has already (opset 15)',
    opset: 15,
    nodes: [
      node('CastLike', ['w', 'x'], ['like']),
      node('Add', ['x', 'like'], ['sum']),
      node('CastLike', ['sum', 'x'], ['y']),
    ],
    weights: [{ name: 'w', dims: [1], data_type: 11, double_data: [0.5] }],
    expected: ['Add'],
  },
  {
    name: 'a sequence that is taken apart again',
    nodes: [
      node('SplitToSequence', ['x', 'two'], ['parts'], { axis: { i: 1 } }),
      node('SequenceAt', ['parts', 'last'], ['b']),
      node('SequenceAt', ['parts', 'first'], ['a']),
      node('Sub', ['b', 'a'], ['y']),
    ],
    weights: [integers('two', [2], []), integers('last', [-1], []), integers('first', [0], [])],
    output: ['batch', 2, 6, 6],
    expected: ['Split', 'Sub'],
  },
  {
    name: 'GroupNormalization with one scale a group (opset 18)',
    opset: 18,
    nodes: [node('GroupNormalization', ['x', 's', 'b'], ['y'], { num_groups: { i: 2 } })],
    weights: [floats('s', [2], [1.5, -0.5]), floats('b', [2], [0.1, 0.2])],
    expected: ['GroupNormalization'],
  },
  {
    name: 'an operator that only newer opsets have (opset 20)',
    opset: 20,
    nodes: [node('Gelu', ['x'], ['g']), node('ReduceMean', ['g', 'axes'], ['y'])],
    weights: [integers('axes', [2, 3])],
    output: ['batch', 4, 1, 1],
    expected: ['Gelu', 'ReduceMean'],
  },
  {
    name: 'MaxPool with unused indices',
    nodes: [node('MaxPool', ['x'], ['y', 'indices'], { kernel_shape: { ints: [2, 2] } })],
    output: ['batch', 4, 5, 5],
    expected: ['MaxPool'],
  },
]

const modelOf = ({ opset = 17, nodes = [], weights = [], input = x4, output = x4 }: Case): Plain =>
  smallModel({ opset, nodes, weights, inputs: [value('x', input)], outputs: [value('y', output)] })

describe('canonical form', () => {
  it.each(cases)('$name', async (each) => {
    const bytes = encodeModel(modelOf(each))
    const { graph, notes } = await readModel({ name: 'small.onnx', bytes })
    expect(notes).toEqual([])
    expect(graph.nodes.map(({ op }) => op)).toEqual(each.expected)
    if (each.attributes) {
      const found = [...(graph.nodes[0]?.attributes ?? [])].map(([name, attribute]) => [name, attribute.value])
      expect(Object.fromEntries(found)).toEqual(each.attributes)
    }
    const [file] = await writeModel(graph, 'onnx', 'small')
    const expected = await runOnnx(bytes)
    const found = await runOnnx(file?.bytes as Uint8Array)
    expect(found.map(({ dims }) => dims)).toEqual(expected.map(({ dims }) => dims))
    expected[0]?.data.forEach((number, i) => {
      expect(found[0]?.data[i]).toBeCloseTo(number, 6)
    })
  })
})

it('reads Erfc, which tf2onnx writes though ONNX has none', async () => {
  const named = (nodes: Plain[], weights: Plain[] = []) =>
    encodeModel(modelOf({ name: '', nodes, weights, expected: [] }))
  const { graph } = await readModel({ name: 'x.onnx', bytes: named([node('Erfc', ['x'], ['y'])]) })
  const [file] = await writeModel(graph, 'onnx', 'x')
  const wanted = named([node('Erf', ['x'], ['erf']), node('Sub', ['one', 'erf'], ['y'])], [floats('one', [], [1])])
  expect(await runOnnx(file?.bytes as Uint8Array)).toEqual(await runOnnx(wanted))
})

it('leaves a flat value that is read again in another order', async () => {
  const bytes = encodeModel(
    smallModel({
      inputs: [value('x', [2, 4])],
      outputs: [value('y', [2, 4])],
      nodes: [node('Reshape', ['x', 'flat'], ['all']), node('Gather', ['all', 'places'], ['y'])],
      weights: [integers('flat', [-1]), integers('places', [0, 2, 4, 6, 1, 3, 5, 7], [2, 4])],
    }),
  )
  const { graph } = await readModel({ name: 'small.onnx', bytes })
  expect(graph.nodes.map(({ op }) => op)).toEqual(['Reshape', 'Gather'])
})

describe('axes of a Transpose that count from the end, which ONNX Runtime refuses', () => {
  const turned = (perm: number[]) =>
    encodeModel(
      smallModel({
        inputs: [value('x', ['batch', 4, 5, 6])],
        outputs: [value('y', ['batch', 6, 5, 4])],
        nodes: [node('Transpose', ['x'], ['y'], { perm: { ints: perm } })],
      }),
    )

  it('are counted from the front', async () => {
    const { graph } = await readModel({ name: 'x.onnx', bytes: turned([0, -1, -2, 1]) })
    expect(graph.nodes[0]?.attributes.get('perm')?.value).toEqual([0, 3, 2, 1])
    const [file] = await writeModel(graph, 'onnx', 'x')
    expect(await runOnnx(file?.bytes as Uint8Array)).toEqual(await runOnnx(turned([0, 3, 2, 1])))
  })

  it('are refused where there is no such axis', async () => {
    await expect(readModel({ name: 'x.onnx', bytes: turned([0, 1, 2, 9]) })).rejects.toMatchObject({
      code: 'SHAPE_MISMATCH',
    })
  })
})

describe('the batch', () => {
  const dense = (shape: readonly number[]) =>
    encodeModel(
      smallModel({
        inputs: [value('x', [shape[0] as number, 4, 6, 6])],
        outputs: [value('y', [shape[0] as number, 3])],
        nodes: [node('Reshape', ['x', 'target'], ['flat']), node('MatMul', ['flat', 'w'], ['y'])],
        weights: [integers('target', shape), floats('w', [144, 3], seq(432))],
      }),
    )

  it.each([[[1, -1]], [[1, 144]], [[5, 144]]])('is freed where a Reshape names it: %j', async (target) => {
    const { graph } = await readModel({ name: 'x.onnx', bytes: dense(target) })
    expect(graph.inputs[0]?.shape).toEqual(['batch', 4, 6, 6])
    expect(graph.outputs[0]?.shape).toEqual(['batch', 3])
    const [free] = await writeModel(graph, 'onnx', 'x', { batch: 'free' })
    const [one] = await runOnnx(dense(target))
    const [three] = await runOnnx(free?.bytes as Uint8Array, target[0], 3)
    expect(three?.data).toEqual([...(one?.data ?? []), ...(one?.data ?? []), ...(one?.data ?? [])])
  })

  it('is written as declared unless it is asked for free', async () => {
    const { graph } = await readModel({ name: 'x.onnx', bytes: dense([5, 144]) })
    const [declared] = await writeModel(graph, 'onnx', 'x')
    const again = await readModel({ name: 'x.onnx', bytes: declared?.bytes as Uint8Array })
    expect(again.graph.metadata).toEqual(graph.metadata)
    expect(await runOnnx(declared?.bytes as Uint8Array)).toEqual(await runOnnx(dense([5, 144])))
  })

  it('stays fixed, and a note says so, where the network mixes samples', async () => {
    const bytes = encodeModel(
      smallModel({
        inputs: [value('x', [2, 3])],
        outputs: [value('y', [3, 2])],
        nodes: [node('Transpose', ['x'], ['y'], { perm: { ints: [1, 0] } })],
      }),
    )
    const { graph, notes } = await readModel({ name: 'x.onnx', bytes })
    expect(graph.inputs[0]?.shape).toEqual([2, 3])
    expect(notes.map(inEnglish)).toEqual([expect.stringContaining('batch of 2 only')])
  })

  it.each([
    [
      'places are written by index, the sample among them',
      [integers('place', [0, 2], [1, 2]), floats('row', [1, 6], seq(6))],
      [node('ScatterND', ['x', 'place', 'row'], ['y'])],
    ],
    [
      'a shape for one sample lays features over samples',
      [integers('turned', [6, 4, 1]), integers('back', [1, 4, 6])],
      [
        node('Transpose', ['x'], ['a'], { perm: { ints: [2, 1, 0] } }),
        node('Reshape', ['a', 'back'], ['b']),
        node('Relu', ['b'], ['y']),
      ],
    ],
  ])('stays a number where %s', async (_, weights, nodes) => {
    const model = smallModel({
      inputs: [value('x', [1, 4, 6])],
      outputs: [value('y', null)],
      weights: [integers('none', [0]), integers('four', [4]), integers('one', [1]), ...weights],
      nodes,
    })
    const { graph } = await readModel({ name: 'small.onnx', bytes: encodeModel(model) })
    expect(graph.inputs[0]?.shape).toEqual([1, 4, 6])
  })

  it('is free where operators keep samples apart, whatever axis they lie along', async () => {
    const model = smallModel({
      inputs: [value('x', [1, 4, 6])],
      outputs: [value('y', [1, 4, 4])],
      weights: [floats('w', [6, 4], seq(24)), floats('scale', [4], seq(4, 1))],
      nodes: [
        node('Transpose', ['x'], ['a'], { perm: { ints: [1, 0, 2] } }),
        node('MatMul', ['a', 'w'], ['b']),
        node('Mul', ['b', 'scale'], ['c']),
        node('Softmax', ['c'], ['d'], { axis: { i: 0 } }),
        node('Transpose', ['d'], ['e'], { perm: { ints: [1, 2, 0] } }),
        node('Transpose', ['e'], ['f'], { perm: { ints: [0, 2, 1] } }),
        node('MatMul', ['e', 'f'], ['y']),
      ],
    })
    const { graph } = await readModel({ name: 'small.onnx', bytes: encodeModel(model) })
    expect(graph.inputs[0]?.shape).toEqual(['batch', 4, 6])
  })

  it('stays a number where a product sums over it: nodes of a graph are no samples', async () => {
    const model = smallModel({
      inputs: [value('x', [9, 6]), value('adjacency', [9, 9])],
      outputs: [value('y', [9, 4])],
      weights: [floats('w', [6, 4], seq(24))],
      nodes: [node('MatMul', ['adjacency', 'x'], ['mixed']), node('MatMul', ['mixed', 'w'], ['y'])],
    })
    const { graph } = await readModel({ name: 'small.onnx', bytes: encodeModel(model) })
    expect(graph.inputs.map(({ shape }) => shape)).toEqual([
      [9, 6],
      [9, 9],
    ])
  })
})
