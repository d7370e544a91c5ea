/** Weights of fewer bits: the numbers, and files that ONNX Runtime, the official TF.js loader and our readers agree on. */
import { beforeAll, describe, expect, it } from 'vitest'
import { readModel, writeModel } from '../../../src/engine/formats'
import { asHalf } from '../../../src/engine/formats/precision'
import { writeTfjs } from '../../../src/engine/formats/tfjs'
import { storedWeight } from '../../../src/engine/formats/tfjs/quantise'
import type { Graph } from '../../../src/engine/graph/graph'
import { float32, halfToNumber, numberToHalf } from '../../../src/engine/graph/tensor'
import { architectures } from '../../../src/engine/reference-networks'
import { buildProgram, createSession, initBackend } from '../../../src/engine/runtime'
import { loadGraphModel } from '../../../src/engine/runtime/graph-model'
import { openOnnxRunner } from '../../../src/main/engine/proof/onnx-runtime'
import { measureDeviation, type Runner } from '../../../src/main/engine/proof/parity'
import { noiseBatch } from '../../../src/main/engine/proof/samples'

const build = (name: string): Graph =>
  (architectures.find((each) => each.name === name) ?? architectures[0])?.build({
    sampleShape: [1, 16, 16],
    classes: 10,
    seed: 3,
  }) as Graph

describe('half-precision numbers', () => {
  it('all come back from their bits', () => {
    for (let bits = 0; bits < 0x10000; bits++) {
      const value = halfToNumber(bits)
      if (Number.isNaN(value)) expect(numberToHalf(value) & 0x7fff).toBeGreaterThan(0x7c00)
      else if (numberToHalf(value) !== bits) expect([value, bits]).toEqual([-0, 0x8000])
    }
  })

  it.each([
    [1 + 2 ** -11, 1],
    [1 + 3 * 2 ** -11, 1 + 2 ** -9],
    [2 - 2 ** -12, 2],
    [2 ** -25, 0],
    [3 * 2 ** -26, 2 ** -24],
    [2 ** -14 - 2 ** -26, 2 ** -14],
    [65519, 65504],
    [65520, Number.POSITIVE_INFINITY],
    [-1e9, Number.NEGATIVE_INFINITY],
  ])('%d is rounded to %d', (value, rounded) => {
    expect(halfToNumber(numberToHalf(value))).toBe(rounded)
  })

  it('are not made of weights beyond their range', () => {
    expect(asHalf(Float32Array.of(1, 70000))).toBeUndefined()
    expect(asHalf(Float32Array.of(1, Number.NaN))).toBeUndefined()
  })
})

describe('affine weights', () => {
  const stored = (values: readonly number[]) => {
    const weight = float32([8, values.length / 8], values)
    const { bytes, spec } = storedWeight(weight, 'int8')
    const { scale = 0, min = 0 } = spec.quantization ?? {}
    return { spec, back: Array.from(bytes, (value) => value * scale + min) }
  }

  it('keep zero and stay within half a step, or one at the end that made room for zero', () => {
    const values = Array.from({ length: 64 }, (_, i) => (i % 3 === 0 ? 0 : Math.sin(i) * 2 + 0.5))
    const { spec, back } = stored(values)
    expect(spec.quantization).toMatchObject({ dtype: 'uint8', original_dtype: 'float32' })
    const step = spec.quantization?.scale as number
    values.forEach((value, i) => {
      if (value === 0) expect(back[i]).toBe(0)
      expect(Math.abs((back[i] as number) - value)).toBeLessThanOrEqual(step)
    })
  })

  it('of one value are that value', () => {
    for (const value of [0, -2.5, 7]) expect(stored(new Array(64).fill(value)).back).toEqual(new Array(64).fill(value))
  })
})

describe.each(['fp16', 'int8'] as const)('networks stored as %s', (precision) => {
  beforeAll(async () => {
    await initBackend()
  })
  /** The file in somebody else's runtime against the same file as we read it: rounding is the same on both sides. */
  async function expectSame(file: Runner, read: Graph) {
    const session = createSession(read, { fuse: true })
    const deviation = await measureDeviation(session, file, [noiseBatch(read, 4)])
    session.dispose()
    expect(deviation.maxRelError).toBeLessThan(1e-4)
  }

  it.each(['lenet', 'mobilenet-small'])('%s reads from ONNX as ONNX Runtime does', async (name) => {
    const graph = build(name)
    const [file] = await writeModel(graph, 'onnx', 'model', { precision })
    const [plain] = await writeModel(graph, 'onnx', 'model')
    const bytes = file?.bytes as Uint8Array
    expect(bytes.length / (plain?.bytes.length as number)).toBeLessThan(precision === 'fp16' ? 0.7 : 0.6)
    const runner = await openOnnxRunner(bytes)
    const { graph: read } = await readModel({ name: 'model.onnx', bytes })
    expect(read.nodes.map(({ op }) => op)).toEqual(graph.nodes.map(({ op }) => op))
    await expectSame(runner, read)
    await runner.dispose()
  })

  it.each(['lenet', 'mobilenet-small'])('%s reads from TF.js as the official loader does', async (name) => {
    const graph = build(name)
    const files = writeTfjs(buildProgram(graph, { fuse: true }), { precision })
    const { weightsManifest } = JSON.parse(new TextDecoder().decode(files[0]?.bytes))
    const kinds = new Set(
      weightsManifest[0].weights.map((each: { quantization?: { dtype: string } }) => each.quantization?.dtype),
    )
    expect(kinds).toEqual(new Set([undefined, precision === 'fp16' ? 'float16' : 'uint8']))
    const model = await loadGraphModel(files)
    const resolve = async (file: string) => Buffer.from(files.find((each) => each.name === file)?.bytes as Uint8Array)
    const { graph: read } = await readModel({ name: 'model.json', bytes: files[0]?.bytes as Uint8Array }, resolve)
    const [input] = read.inputs
    expect(input?.shape?.slice(1)).toEqual([1, 16, 16])
    await expectSame({ run: (feed) => model.run(feed) }, read)
    model.dispose()
  })

  it('is refused for Keras by name', async () => {
    await expect(writeModel(build('lenet'), 'keras', 'model', { precision })).rejects.toMatchObject({
      code: 'NOT_BUILT_YET',
      message: expect.stringContaining(precision),
    })
  })
})
