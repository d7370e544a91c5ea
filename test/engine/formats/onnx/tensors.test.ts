/** Weights in every encoding a file may hold them in, and the refusals of those that cannot be. */
import { describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../../src/engine/formats'
import { toNumbers } from '../../../../src/engine/graph/tensor'
import { encodeModel, floats, node, type Plain, smallModel, value } from '../support/onnx-proto'

const raw = (array: ArrayBufferView) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength)

/** Answers that are texts are left out, so a text is declared as something else. */
const declaredType = ({ data_type }: Plain) => (data_type === 8 ? 7 : (data_type as number))

/** A network that only hands the weight on, as its first output, so that nothing rewrites it. */
const holding = (weight: Plain): Uint8Array =>
  encodeModel(
    smallModel({
      inputs: [value('x', ['batch', 2])],
      outputs: [value('y', ['batch', 2]), value('w', null, declaredType(weight))],
      nodes: [node('Relu', ['x'], ['y'])],
      weights: [{ name: 'w', ...weight }],
    }),
  )

const read = async (weight: Plain, files: Record<string, Uint8Array> = {}) => {
  const resolve = async (name: string) => {
    const file = files[name]
    if (!file) throw new Error('no such file')
    return file
  }
  const { graph } = await readModel({ name: 'w.onnx', bytes: holding(weight) }, resolve)
  return { graph, weight: graph.constants.get('w') as NonNullable<ReturnType<typeof graph.constants.get>> }
}

const encodings: [string, Plain, number[]][] = [
  [
    'float32, raw',
    { dims: [3], data_type: 1, raw_data: raw(Float32Array.of(1.5, -2, 1e-8)) },
    [1.5, -2, Math.fround(1e-8)],
  ],
  ['float32, float_data', { dims: [2, 1], data_type: 1, float_data: [0.25, -8] }, [0.25, -8]],
  ['float64, double_data', { dims: [2], data_type: 11, double_data: [0.1, -1e300] }, [0.1, -1e300]],
  ['float64, raw', { dims: [1], data_type: 11, raw_data: raw(Float64Array.of(0.1)) }, [0.1]],
  [
    'float16, raw',
    { dims: [3], data_type: 10, raw_data: raw(Uint16Array.of(0x3c00, 0xc100, 0x0001)) },
    [1, -2.5, 2 ** -24],
  ],
  ['float16, packed in int32_data', { dims: [2], data_type: 10, int32_data: [0x3c00, 0xc100] }, [1, -2.5]],
  ['bfloat16, packed in int32_data', { dims: [2], data_type: 16, int32_data: [0x3f80, 0xc040] }, [1, -3]],
  ['bfloat16, raw', { dims: [2], data_type: 16, raw_data: raw(Uint16Array.of(0x3f80, 0xc040)) }, [1, -3]],
  ['int64, int64_data', { dims: [3], data_type: 7, int64_data: [0, -1, 2 ** 40] }, [0, -1, 2 ** 40]],
  ['int64, raw', { dims: [2], data_type: 7, raw_data: raw(BigInt64Array.of(-7n, 7n)) }, [-7, 7]],
  ['uint64, uint64_data', { dims: [1], data_type: 13, uint64_data: [2 ** 50] }, [2 ** 50]],
  ['uint32, uint64_data', { dims: [2], data_type: 12, uint64_data: [1, 4294967295] }, [1, 4294967295]],
  ['int32, int32_data', { dims: [2], data_type: 6, int32_data: [-5, 2147483647] }, [-5, 2147483647]],
  ['int16, int32_data', { dims: [1], data_type: 5, int32_data: [-300] }, [-300]],
  ['uint16, int32_data', { dims: [1], data_type: 4, int32_data: [65535] }, [65535]],
  ['int8, int32_data', { dims: [2], data_type: 3, int32_data: [-128, 127] }, [-128, 127]],
  ['uint8, raw', { dims: [2], data_type: 2, raw_data: Uint8Array.of(0, 255) }, [0, 255]],
  ['bool, int32_data', { dims: [2], data_type: 9, int32_data: [0, 1] }, [0, 1]],
  ['a scalar', { dims: [], data_type: 1, float_data: [3] }, [3]],
  ['nothing', { dims: [0, 4], data_type: 1 }, []],
]

describe('weights', () => {
  it.each(encodings)('%s', async (_, proto, expected) => {
    const { graph, weight } = await read(proto)
    expect(weight.dims).toEqual(proto.dims)
    expect(toNumbers(weight)).toEqual(expected)
    const [file] = await writeModel(graph, 'onnx', 'w')
    const again = await readModel({ name: 'w.onnx', bytes: file?.bytes as Uint8Array })
    expect(again.graph.constants.get('w')).toEqual(weight)
  })

  it('are views on the file where they are aligned, whichever kind of array it is', async () => {
    for (const pad of ['', 'x', 'xx', 'xxx']) {
      const weight = { dims: [4], data_type: 1, raw_data: raw(Float32Array.of(1, 2, 3, 4)), name: 'w' }
      const bytes = Buffer.from(
        encodeModel({
          ...smallModel({ outputs: [value('w', [4])], nodes: [], weights: [weight] }),
          producer_name: pad,
        }),
      )
      const { graph } = await readModel({ name: 'w.onnx', bytes })
      const { data } = graph.constants.get('w') as { data: Float32Array }
      expect(Array.from(data)).toEqual([1, 2, 3, 4])
      const at = bytes.byteOffset + bytes.indexOf(Buffer.from(raw(Float32Array.of(1, 2, 3, 4))))
      expect(data.buffer === bytes.buffer).toBe(at % 4 === 0)
    }
  })

  it('lie in other files, at their place', async () => {
    const external = (entries: Record<string, string>) => ({
      dims: [2],
      data_type: 1,
      data_location: 1,
      external_data: Object.entries(entries).map(([key, content]) => ({ key, value: content })),
    })
    const file = raw(Float32Array.of(9, 1, 2, 9))
    const { weight } = await read(external({ location: 'w.bin', offset: '4', length: '8' }), { 'w.bin': file })
    expect(toNumbers(weight)).toEqual([1, 2])
    const whole = await read(external({ location: 'sub/w.bin' }), { 'sub/w.bin': file.subarray(4, 12) })
    expect(toNumbers(whole.weight)).toEqual([1, 2])
  })
})

const external = (location: string, more: Record<string, string> = {}): Plain => ({
  dims: [2],
  data_type: 1,
  data_location: 1,
  external_data: Object.entries({ location, ...more }).map(([key, content]) => ({ key, value: content })),
})

const refusals: [string, Plain, string, string][] = [
  [
    'too few elements',
    { dims: [3], data_type: 1, float_data: [1, 2] },
    'MODEL_INVALID',
    'The weight "w" of shape [3] needs 3 elements of float32, but 2 elements are there.',
  ],
  [
    'too few bytes',
    { dims: [3], data_type: 1, raw_data: Uint8Array.of(1, 2) },
    'MODEL_INVALID',
    'but 2 bytes are there',
  ],
  ['no type', { dims: [1], float_data: [1] }, 'MODEL_INVALID', 'has no valid data type'],
  ['a text', { dims: [1], data_type: 8, string_data: [] }, 'MODEL_UNSUPPORTED_FEATURE', 'of type string'],
  ['int4', { dims: [2], data_type: 22, int32_data: [1] }, 'MODEL_UNSUPPORTED_FEATURE', 'of type int4'],
  ['a negative dimension', { dims: [-1], data_type: 1 }, 'MODEL_INVALID', 'impossible dimension (-1)'],
  [
    'dimensions that overflow',
    { dims: [2 ** 40, 2 ** 40], data_type: 1 },
    'MODEL_INVALID',
    'more elements than can exist',
  ],
  ['a huge tensor without data', { dims: [2 ** 45], data_type: 1 }, 'MODEL_INVALID', 'but 0 elements are there'],
  ['a missing file', external('gone.bin'), 'FILE_NOT_FOUND', '"gone.bin"'],
  ['a path that climbs out', external('../w.bin'), 'MODEL_INVALID', "outside the model's folder"],
  ['an absolute path', external('/etc/passwd'), 'MODEL_INVALID', "outside the model's folder"],
  ['a drive', external('C:\\w.bin'), 'MODEL_INVALID', "outside the model's folder"],
  ['a short file', external('w.bin', { offset: '8', length: '8' }), 'FILE_TRUNCATED', 'only 12 bytes'],
  ['a negative offset', external('w.bin', { offset: '-8', length: '8' }), 'MODEL_INVALID', 'impossible place'],
  [
    'NaN',
    { dims: [2], data_type: 1, float_data: [1, Number.NaN] },
    'MODEL_NON_FINITE',
    'The weight "w" holds values that are not numbers (NaN)',
  ],
  ['infinity', { dims: [2], data_type: 10, int32_data: [0x7c00, 0] }, 'MODEL_NON_FINITE', 'infinite values'],
]

describe('refused weights', () => {
  it.each(refusals)('%s', async (_, proto, code, sentence) => {
    const reading = read(proto, { 'w.bin': new Uint8Array(12) })
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(sentence) })
  })

  it('lets an infinite bound of Clip pass', async () => {
    const bytes = encodeModel(
      smallModel({
        inputs: [value('x', ['batch', 2])],
        outputs: [value('y', ['batch', 2])],
        nodes: [node('Clip', ['x', 'low', 'high'], ['y'])],
        weights: [floats('low', [], [0]), floats('high', [], [Number.POSITIVE_INFINITY])],
      }),
    )
    const { graph } = await readModel({ name: 'clip.onnx', bytes })
    expect(graph.nodes.map(({ op }) => op)).toEqual(['Clip'])
  })
})
