/** Every kernel registered for WASM against the tfjs cpu backend's own, on random geometries. */
import '@tensorflow/tfjs-backend-cpu'
import * as tf from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { initBackend } from '../../../src/engine/runtime/backend'

type Arrays = Record<string, { shape: number[]; values: Float32Array | Int32Array }>

/** Runs a kernel on one backend and returns numbers; fails when tensors are left behind. */
async function on(
  backend: 'cpu' | 'wasm',
  kernel: string,
  arrays: Arrays,
  attributes: object,
): Promise<tf.backend_util.TypedArray[]> {
  await tf.setBackend(backend)
  const before = tf.memory().numTensors
  const dataBefore = tf.backend().numDataIds()
  const inputs = Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, values }]) => [
      name,
      tf.tensor(values, shape, values instanceof Int32Array ? 'int32' : 'float32'),
    ]),
  )
  const result = tf.engine().runKernel(kernel, inputs, attributes as never)
  const outputs = (Array.isArray(result) ? result : [result]) as tf.Tensor[]
  const values = outputs.map((output) => output.dataSync().slice())
  tf.dispose([...outputs, ...Object.values(inputs)])
  expect(tf.memory().numTensors).toBe(before)
  if (backend === 'wasm') expect(tf.backend().numDataIds()).toBe(dataBefore)
  return values
}

async function expectSame(kernel: string, arrays: Arrays, attributes: object): Promise<void> {
  const wanted = await on('cpu', kernel, arrays, attributes)
  const got = await on('wasm', kernel, arrays, attributes)
  expect(got.length).toBe(wanted.length)
  wanted.forEach((expected, o) => {
    const values = got[o] as tf.backend_util.TypedArray
    expect(values.length).toBe(expected.length)
    // Rounding grows with what was summed, not with what the sum came to.
    const scale = Math.max(
      ...expected.map(Math.abs),
      Math.sqrt(Math.max(...Object.values(arrays).map((a) => a.values.length)) / expected.length),
    )
    for (let i = 0; i < expected.length; i++) {
      expect(Math.abs((values[i] as number) - (expected[i] as number)) / scale).toBeLessThan(1e-5)
    }
  })
}

const random = (seed: number, shape: number[]) => {
  let state = seed >>> 0 || 1
  const next = () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 31 - 1
  }
  return { shape, values: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, next) }
}

const geometry = fc
  .record({
    batch: fc.integer({ min: 1, max: 3 }),
    height: fc.integer({ min: 1, max: 9 }),
    width: fc.integer({ min: 1, max: 9 }),
    channels: fc.integer({ min: 1, max: 5 }),
    filterHeight: fc.integer({ min: 1, max: 4 }),
    filterWidth: fc.integer({ min: 1, max: 4 }),
    outputs: fc.integer({ min: 1, max: 5 }),
    strides: fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 })),
    pads: fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 4 }))),
    seed: fc.integer({ min: 1, max: 2 ** 31 }),
  })
  .map((g) => {
    const [top, bottom, left, right] = g.pads as [number, number, number, number]
    return {
      ...g,
      pad: [
        [0, 0],
        [top, bottom],
        [left, right],
        [0, 0],
      ],
      outHeight: Math.floor((g.height + top + bottom - g.filterHeight) / g.strides[0]) + 1,
      outWidth: Math.floor((g.width + left + right - g.filterWidth) / g.strides[1]) + 1,
    }
  })
  .filter((g) => g.outHeight >= 1 && g.outWidth >= 1)

describe('kernels of the WASM backend', () => {
  beforeAll(async () => {
    await initBackend()
  })

  it('convolution gradients', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async (g) => {
        const x = random(g.seed, [g.batch, g.height, g.width, g.channels])
        const filter = random(g.seed + 1, [g.filterHeight, g.filterWidth, g.channels, g.outputs])
        const dy = random(g.seed + 2, [g.batch, g.outHeight, g.outWidth, g.outputs])
        const attributes = { strides: g.strides, pad: g.pad, dataFormat: 'NHWC', dimRoundingMode: undefined }
        await expectSame('Conv2DBackpropFilter', { x, dy }, { ...attributes, filterShape: filter.shape })
        await expectSame('Conv2DBackpropInput', { dy, filter }, { ...attributes, inputShape: x.shape })
      }),
      { numRuns: 120 },
    )
  })

  it('depthwise convolution gradients', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, fc.integer({ min: 1, max: 2 }), async (g, multiplier) => {
        const x = random(g.seed, [g.batch, g.height, g.width, g.channels])
        const filter = random(g.seed + 1, [g.filterHeight, g.filterWidth, g.channels, multiplier])
        const dy = random(g.seed + 2, [g.batch, g.outHeight, g.outWidth, g.channels * multiplier])
        const attributes = { strides: g.strides, dilations: [1, 1], pad: g.pad, dimRoundingMode: undefined }
        await expectSame('DepthwiseConv2dNativeBackpropFilter', { x, dy }, { ...attributes, filterShape: filter.shape })
        await expectSame('DepthwiseConv2dNativeBackpropInput', { dy, filter }, { ...attributes, inputShape: x.shape })
      }),
      { numRuns: 120 },
    )
  })

  it('pooling gradients', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async (g) => {
        const [top, bottom, left, right] = g.pads as [number, number, number, number]
        fc.pre(Math.max(top, bottom) < g.filterHeight && Math.max(left, right) < g.filterWidth)
        const input = random(g.seed, [g.batch, g.height, g.width, g.channels])
        const dy = random(g.seed + 2, [g.batch, g.outHeight, g.outWidth, g.channels])
        const attributes = { filterSize: [g.filterHeight, g.filterWidth], strides: g.strides, pad: g.pad }
        await expectSame('MaxPool', { x: input }, attributes)
        await expectSame('MaxPoolGrad', { dy, input, output: input }, attributes)
      }),
      { numRuns: 60 },
    )
  })

  it('sums and means over any axes', async () => {
    const shape = fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        shape,
        fc.nat(),
        fc.integer({ min: 1, max: 15 }),
        fc.boolean(),
        async (dims, seed, mask, keepDims) => {
          const axis = dims.map((_, i) => i).filter((i) => mask & (1 << i))
          fc.pre(axis.length > 0)
          for (const kernel of ['Sum', 'Mean']) await expectSame(kernel, { x: random(seed, dims) }, { axis, keepDims })
        },
      ),
      { numRuns: 120 },
    )
  })

  it('matrix products with transposed operands', async () => {
    const extent = fc.integer({ min: 1, max: 6 })
    await fc.assert(
      fc.asyncProperty(
        extent,
        extent,
        extent,
        extent,
        fc.boolean(),
        fc.boolean(),
        async (b, m, k, n, transposeA, transposeB) => {
          const left = random(m * 7 + k, transposeA ? [b, k, m] : [b, m, k])
          const right = random(n * 5 + k, transposeB ? [b, n, k] : [b, k, n])
          await expectSame('BatchMatMul', { a: left, b: right }, { transposeA, transposeB })
        },
      ),
    )
  })

  it('slices and splits', async () => {
    const axis = fc.record({
      size: fc.integer({ min: 1, max: 5 }),
      from: fc.double({ min: 0, max: 0.99, noNaN: true }),
      part: fc.double({ min: 0.01, max: 1, noNaN: true }),
    })
    await fc.assert(
      fc.asyncProperty(fc.array(axis, { minLength: 1, maxLength: 5 }), fc.nat(), async (axes, seed) => {
        const begin = axes.map(({ size, from }) => Math.floor(size * from))
        const size = axes.map((a, i) => Math.max(1, Math.floor((a.size - (begin[i] as number)) * a.part)))
        const x = random(
          seed,
          axes.map((a) => a.size),
        )
        await expectSame('Slice', { x }, { begin, size })
        for (let i = 0; i < axes.length; i++) {
          const extent = (axes[i] as { size: number }).size
          const parts = extent > 2 ? [1, extent - 2, 1] : [extent]
          await expectSame('SplitV', { x }, { numOrSizeSplits: parts, axis: i })
        }
      }),
    )
  })

  it('segment sums', async () => {
    const x = random(3, [6, 4])
    const segmentIds = { shape: [6], values: Int32Array.from([2, 0, 2, 1, 0, 2]) }
    await expectSame('UnsortedSegmentSum', { x, segmentIds }, { numSegments: 4 })
  })
})
