/** Every kernel that ONNX Runtime computes against the tfjs cpu backend's own (WASM's where cpu drops dilations). */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { initBackend, type OnnxRuntimeOffer } from '../../../../src/engine/runtime'
import { numbers } from './op-cases'

interface Given {
  readonly shape: number[]
  readonly seed: number
}

/** Numbers of a kernel on one backend; fails when tensors or their data are left behind. */
async function on(backend: string, kernel: string, given: Record<string, Given>, attributes: object) {
  await tf.setBackend(backend)
  const before = tf.memory().numTensors
  const dataBefore = tf.backend().numDataIds()
  const inputs = Object.fromEntries(
    Object.entries(given).map(([name, { shape, seed }]) => {
      const size = shape.reduce((a, b) => a * b, 1)
      return [name, tf.tensor(numbers(seed, size), shape)]
    }),
  )
  const output = tf.engine().runKernel(kernel, inputs, attributes as never) as tf.Tensor
  const values = output.dataSync().slice()
  const { shape } = output
  tf.dispose([output, ...Object.values(inputs)])
  expect(tf.memory().numTensors).toBe(before)
  expect(tf.backend().numDataIds()).toBe(dataBefore)
  return { values, shape }
}

export async function expectSame(kernel: string, given: Record<string, Given>, attributes: object, than = 'cpu') {
  const wanted = await on(than, kernel, given, attributes)
  const got = await on('onnxruntime', kernel, given, attributes)
  expect(got.shape).toEqual(wanted.shape)
  const largest = Math.max(...Object.values(given).map(({ shape }) => shape.reduce((a, b) => a * b, 1)))
  // Rounding grows with what was summed, not with what the sum came to.
  const scale = Math.max(...Array.from(wanted.values, Math.abs), Math.sqrt(largest / wanted.values.length))
  let worst = 0
  for (let i = 0; i < wanted.values.length; i++) {
    worst = Math.max(worst, Math.abs((got.values[i] as number) - (wanted.values[i] as number)) / scale)
  }
  expect(worst, `${kernel} ${JSON.stringify({ given, attributes })}`).toBeLessThan(1e-5)
  const again = await on('onnxruntime', kernel, given, attributes)
  expect(again.values).toEqual(got.values)
}

/** Channels below, at and beyond blocks of 8 and 16, and odd ones. */
const channels = fc.constantFrom<number[]>(1, 2, 3, 4, 7, 8, 12, 16, 17, 24, 32, 37, 48)
const pair = (min: number, max: number) => fc.tuple(fc.integer({ min, max }), fc.integer({ min, max }))

const geometry = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    size: pair(1, 11),
    inputs: channels,
    outputs: channels,
    kernel: pair(1, 4),
    strides: pair(1, 3),
    dilations: pair(1, 2),
    pads: fc.tuple(pair(0, 3), pair(0, 3)),
    seed: fc.integer({ min: 1, max: 2 ** 30 }),
  })
  .map((g) => {
    const out = ([0, 1] as const).map((i) => {
      const reach = (g.kernel[i] - 1) * g.dilations[i] + 1
      return Math.floor((g.size[i] + g.pads[i][0] + g.pads[i][1] - reach) / g.strides[i]) + 1
    }) as [number, number]
    return { ...g, out, pad: [[0, 0], ...g.pads, [0, 0]] }
  })
  .filter(({ out }) => out[0] >= 1 && out[1] >= 1)
type Case = typeof geometry extends fc.Arbitrary<infer T> ? T : never

const tensorsOf = (g: Case, filter: number[], outputs: number) => ({
  x: { shape: [g.batch, ...g.size, g.inputs], seed: g.seed },
  filter: { shape: [...g.kernel, ...filter], seed: g.seed + 1 },
  dy: { shape: [g.batch, ...g.out, outputs], seed: g.seed + 2 },
})
const attributesOf = ({ strides, dilations, pad }: Case) => ({
  strides,
  dilations,
  pad,
  dataFormat: 'NHWC',
  dimRoundingMode: undefined,
})
/** The cpu backend refuses or drops dilations. */
const other = ({ dilations }: Case) => (dilations.every((dilation) => dilation === 1) ? 'cpu' : 'wasm')

/** `share`: how many of the usual runs. */
export function describeKernels(name: string, onnxRuntime: OnnxRuntimeOffer, share = 1): void {
  describe(name, () => {
    beforeAll(async () => {
      await initBackend({ backend: 'onnxruntime', onnxRuntime })
    })

    it('convolutions', async () => {
      await fc.assert(
        fc.asyncProperty(geometry, async (g) => {
          const { x, filter } = tensorsOf(g, [g.inputs, g.outputs], g.outputs)
          await expectSame('Conv2D', { x, filter }, attributesOf(g))
        }),
        { numRuns: 150 * share },
      )
    })

    it('convolutions with bias and activation', async () => {
      const activations = fc.constantFrom('linear', 'relu', 'relu6', 'leakyrelu', 'elu')
      await fc.assert(
        fc.asyncProperty(geometry, activations, fc.boolean(), async (g, activation, biased) => {
          const { x, filter } = tensorsOf(g, [g.inputs, g.outputs], g.outputs)
          const bias = { shape: [g.outputs], seed: g.seed + 3 }
          await expectSame(
            'FusedConv2D',
            { x, filter, ...(biased ? { bias } : {}) },
            { ...attributesOf(g), activation, leakyreluAlpha: 0.125 },
          )
        }),
        { numRuns: 100 * share },
      )
    })

    it('gradients of convolutions', async () => {
      await fc.assert(
        fc.asyncProperty(geometry, async (g) => {
          const { x, filter, dy } = tensorsOf(g, [g.inputs, g.outputs], g.outputs)
          const attributes = attributesOf(g)
          await expectSame('Conv2DBackpropInput', { dy, filter }, { ...attributes, inputShape: x.shape }, other(g))
          await expectSame('Conv2DBackpropFilter', { x, dy }, { ...attributes, filterShape: filter.shape }, other(g))
        }),
        { numRuns: 150 * share },
      )
    })

    it('gradients of convolutions whose windows move by a pixel', async () => {
      const wide = geometry
        .map((g): Case => {
          const size: [number, number] = [g.size[0] + 8, g.size[1] + 8]
          const out = ([0, 1] as const).map(
            (i) => size[i] + g.pads[i][0] + g.pads[i][1] - (g.kernel[i] - 1) * g.dilations[i],
          ) as [number, number]
          return { ...g, size, out, strides: [1, 1], inputs: g.inputs + 16 }
        })
        .filter(({ out }) => out[0] >= 1 && out[1] >= 1)
      await fc.assert(
        fc.asyncProperty(wide, async (g) => {
          const { x, filter, dy } = tensorsOf(g, [g.inputs, g.outputs], g.outputs)
          const attributes = { ...attributesOf(g), filterShape: filter.shape }
          await expectSame('Conv2DBackpropFilter', { x, dy }, attributes, other(g))
        }),
        { numRuns: 40 * share },
      )
    })

    it('depthwise convolutions and their gradients', async () => {
      await fc.assert(
        fc.asyncProperty(geometry, fc.constantFrom(1, 1, 2), async (g, multiplier) => {
          const { x, filter, dy } = tensorsOf(g, [g.inputs, multiplier], g.inputs * multiplier)
          const attributes = attributesOf(g)
          await expectSame('DepthwiseConv2dNative', { x, filter }, attributes, other(g))
          const shapes = { inputShape: x.shape, filterShape: filter.shape }
          await expectSame('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attributes, ...shapes }, other(g))
          await expectSame('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attributes, ...shapes }, other(g))
        }),
        { numRuns: 100 * share },
      )
    })

    it('matrix products, transposed and broadcast', async () => {
      const extent = fc.integer({ min: 1, max: 40 })
      const batch = fc.constantFrom<[number[], number[]]>(
        [[], []],
        [[3], [3]],
        [[1], [4]],
        [
          [2, 3],
          [1, 3],
        ],
        [[5], [1]],
      )
      await fc.assert(
        fc.asyncProperty(
          batch,
          fc.tuple(extent, extent, extent),
          fc.boolean(),
          fc.boolean(),
          fc.nat(2 ** 30),
          async ([ofA, ofB], [rows, inner, columns], transposeA, transposeB, seed) => {
            const a = { shape: [...ofA, ...(transposeA ? [inner, rows] : [rows, inner])], seed }
            const b = { shape: [...ofB, ...(transposeB ? [columns, inner] : [inner, columns])], seed: seed + 1 }
            // TF.js pads both to three axes before it calls the kernel.
            const three = ({ shape, seed: of }: Given): Given => ({
              shape: shape.length < 3 ? [1, ...shape] : shape,
              seed: of,
            })
            await expectSame('BatchMatMul', { a: three(a), b: three(b) }, { transposeA, transposeB })
          },
        ),
        { numRuns: 100 * share },
      )
    })
  })
}
